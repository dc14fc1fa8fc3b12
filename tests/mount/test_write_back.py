"""`--write-back`: what a program has closed is safe here at once, the mount goes on with it, and it gets there."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.proxy import Proxy, Stall
from tests.zones import AnyZone

OPEN, WRITE, CLOSE = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "WRITE", "CLOSE"))
MEGABYTE = 1 << 20
PATIENCE = 60
"""Seconds in which what is promised must have happened."""


def names(session: iRODSSession, collection: str) -> set[str]:
    return {each.name for each in session.collections.get(collection).data_objects}


@contextmanager
def held(proxy: Proxy, api: int = OPEN) -> Iterator[Stall]:
    """Nothing of this kind reaches the zone before the end of the block."""
    stall = proxy.stall_at(api)
    try:
        yield stall
    finally:
        proxy.forget_hooks()
        stall.release()


def go_away(proxy: Proxy, mount: Mount) -> None:
    """The zone is away from now on; the mount has just asked it what is there."""
    os.listdir(mount.path)
    proxy.refuse()


@pytest.fixture
def mount(mount_through: MountThrough, proxy: Proxy) -> Iterator[Mount]:
    mount = mount_through(proxy, "--write-back", "--cache-timeout", "60")
    yield mount
    mount.stop()  # while the proxy is there


@pytest.fixture
def spool(user_environment: dict[str, str]) -> Path:
    return Path(user_environment["XDG_CACHE_HOME"]) / "irodsfs"


def waiting(spool: Path) -> list[bytes]:
    """The bytes of the entries that wait, in their order."""
    entries = sorted(file for file in spool.glob("*/waiting/*/*") if file.name != "lock")
    return [file.read_bytes().rpartition(b"\n")[0] for file in entries]


def failed(spool: Path) -> dict[str, bytes]:
    """What the zone would not take: bytes by path."""
    described = {file: json.loads(file.read_text()) for file in spool.glob("*/failed/*.json")}
    return {each["path"]: file.with_suffix("").read_bytes() for file, each in described.items()}


def test_a_closed_file_is_safe_and_shown_before_it_is_in_the_zone(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    file = mount.path / "file"
    with held(proxy):
        file.write_bytes(b"content")
        assert waiting(spool) == [b"content"]
        assert names(session, home) == set()
        assert os.listdir(mount.path) == ["file"]
        assert (file.stat().st_size, file.read_bytes()) == (7, b"content")
        status = mount.status()
        assert (status["waitingFiles"], status["waitingBytes"], status["openFiles"]) == (1, 7, 0)
        assert status["spool"] in [str(each) for each in spool.iterdir()]
    assert mount.written_back()["waitingFiles"] == 0
    assert get(session, f"{home}/file") == b"content"
    assert waiting(spool) == []
    assert file.read_bytes() == b"content"


def test_entries_of_the_spool_are_for_their_owner_only(mount: Mount, proxy: Proxy, spool: Path) -> None:
    with held(proxy):
        (mount.path / "file").write_bytes(b"content")
        (entry,) = (file for file in spool.glob("*/waiting/*/*") if file.name != "lock")
        assert entry.stat().st_mode & 0o777 == 0o600
        assert entry.parent.stat().st_mode & 0o777 == 0o700
        assert entry.parent.parent.stat().st_mode & 0o777 == 0o700


def test_large_files_are_in_the_zone_when_they_are_closed(mount: Mount, session: iRODSSession, home: str) -> None:
    content = os.urandom(6 * MEGABYTE)
    (mount.path / "large").write_bytes(content)
    assert get(session, f"{home}/large") == content


def test_uploads_go_several_at_a_time(mount: Mount, proxy: Proxy) -> None:
    both = threading.Barrier(2)
    proxy.on_request(WRITE, lambda _: both.wait(PATIENCE) and None)
    (mount.path / "one").write_bytes(b"1")
    (mount.path / "two").write_bytes(b"2")
    mount.written_back()
    assert not both.broken


@pytest.mark.parametrize("synced", ["the file", "the directory"])
def test_fsync_waits_for_what_was_closed(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, synced: str
) -> None:
    with ThreadPoolExecutor() as threads, held(proxy) as stall:
        (mount.path / "file").write_bytes(b"content")
        descriptor = os.open(mount.path / "file" if synced == "the file" else mount.path, os.O_RDONLY)
        os.listdir(descriptor) if synced == "the directory" else None
        syncing = threads.submit(os.fsync, descriptor)
        assert stall.reached.wait(PATIENCE)
        assert not syncing.done()
        proxy.forget_hooks()
        stall.release()
        syncing.result(PATIENCE)
        assert get(session, f"{home}/file") == b"content"
        os.close(descriptor)


def test_umount_waits_for_what_was_closed(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, irodsfs: IrodsfsCommand, spool: Path
) -> None:
    with ThreadPoolExecutor() as threads, held(proxy) as stall:
        for number in range(20):
            (mount.path / str(number)).write_bytes(b"content")
        assert stall.reached.wait(PATIENCE)
        unmounting = threads.submit(irodsfs, "umount", mount.path)
        while os.path.ismount(mount.path):
            assert mount.process is not None
            assert mount.process.poll() is None
        assert names(session, home) == set()
        proxy.forget_hooks()
        stall.release()
        assert unmounting.result(PATIENCE).returncode == 0
    assert names(session, home) == {str(number) for number in range(20)}
    assert list(spool.glob("*/waiting/*")) == []


def test_sigterm_brings_what_was_closed_into_the_zone(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    with held(proxy):
        (mount.path / "file").write_bytes(b"content")
        assert mount.process is not None
        mount.process.terminate()
    assert mount.process.wait(PATIENCE) == 0
    assert get(session, f"{home}/file") == b"content"


def test_umount_fails_when_the_zone_does_not_come_back(
    mount: Mount, proxy: Proxy, home: str, irodsfs: IrodsfsCommand, spool: Path
) -> None:
    mount.expect_log("could not be written")
    go_away(proxy, mount)
    for number in range(10):
        (mount.path / str(number)).write_bytes(b"content %d" % number)
    done = irodsfs("umount", mount.path, timeout=90)
    assert done.returncode == 9
    assert "10 files could not be written into the zone" in done.stderr
    assert failed(spool) == {f"{home}/{number}": b"content %d" % number for number in range(10)}
    assert list(spool.glob("*/waiting/*")) == []


def test_the_last_of_several_versions_gets_into_the_zone(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    file = mount.path / "file"
    with held(proxy) as stall:
        file.write_bytes(b"first")
        assert stall.reached.wait(PATIENCE)
        with ThreadPoolExecutor() as threads:
            writing = threads.submit(file.write_bytes, b"second version")
            proxy.forget_hooks()
            stall.release()
            writing.result(PATIENCE)
    file.write_bytes(b"third")
    assert file.read_bytes() == b"third"
    mount.written_back()
    assert get(session, f"{home}/file") == b"third"
    assert (waiting(spool), failed(spool)) == ([], {})


def test_what_is_rewritten_again_and_again_is_no_conflict_with_itself(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    for number in range(12):
        with (mount.path / "log").open("ab") as log:
            log.write(b"%d\n" % number)
        (mount.path / "state").write_bytes(b"%d" % number)
        if number % 3 == 0:
            mount.written_back()
    assert mount.written_back()["failedFiles"] == 0
    assert get(session, f"{home}/log") == b"".join(b"%d\n" % number for number in range(12))
    assert get(session, f"{home}/state") == b"11"


def test_a_waiting_file_is_changed_as_any_other(mount: Mount, proxy: Proxy, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    with held(proxy):
        file.write_bytes(b"hello")
    with file.open("ab") as appended:
        appended.write(b" world")
    assert file.read_bytes() == b"hello world"
    os.truncate(file, 7)
    assert file.read_bytes() == b"hello w"
    with file.open("r+b") as changed:
        changed.write(b"J")
    os.utime(file, ns=(1, 1_234_567_890_123_456_789))
    assert file.stat().st_mtime_ns == 1_234_567_890_123_456_789
    assert file.read_bytes() == b"Jello w"
    mount.written_back()
    assert get(session, f"{home}/file") == b"Jello w"
    assert file.stat().st_mtime_ns == 1_234_567_890_123_456_789
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == 1_234_567_890


def test_the_time_that_is_set_while_a_file_waits_goes_along(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    file = mount.path / "file"
    with ThreadPoolExecutor() as threads, held(proxy) as stall:
        file.write_bytes(b"content")
        assert stall.reached.wait(PATIENCE)
        dating = threads.submit(os.utime, file, (1_234_567_890, 1_234_567_890))
        proxy.forget_hooks()
        stall.release()
        dating.result(PATIENCE)
    mount.written_back()
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == 1_234_567_890
    assert file.stat().st_mtime == 1_234_567_890


def test_an_unlinked_waiting_file_never_gets_into_the_zone(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    with held(proxy) as stall:
        for number in range(8):
            (mount.path / str(number)).write_bytes(b"content")
        assert stall.reached.wait(PATIENCE)
        with ThreadPoolExecutor() as threads:
            unlinking = [threads.submit((mount.path / str(number)).unlink) for number in range(8)]
            proxy.forget_hooks()
            stall.release()
            for each in unlinking:
                each.result(PATIENCE)
    assert os.listdir(mount.path) == []
    mount.written_back()
    assert names(session, home) == set()
    assert waiting(spool) == []


def test_a_waiting_file_is_renamed_and_replaced_as_any_other(
    mount: Mount, session: iRODSSession, home: str, spool: Path
) -> None:
    (mount.path / "a").write_bytes(b"a")
    (mount.path / "a").rename(mount.path / "b")
    (mount.path / "new").write_bytes(b"new")
    (mount.path / "old").write_bytes(b"old")
    (mount.path / "new").rename(mount.path / "old")
    (mount.path / "a").write_bytes(b"again")
    assert {file.name: file.read_bytes() for file in mount.path.iterdir()} == {"a": b"again", "b": b"a", "old": b"new"}
    mount.written_back()
    assert {name: get(session, f"{home}/{name}") for name in names(session, home)} == {
        "a": b"again",
        "b": b"a",
        "old": b"new",
    }
    assert waiting(spool) == []


def test_directories_with_waiting_files_are_renamed_with_them_and_not_removed(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    (mount.path / "a/b").mkdir(parents=True)
    for name in ("a/one", "a/b/two"):
        (mount.path / name).write_bytes(name.encode())
    with fails(errno.ENOTEMPTY):
        (mount.path / "a/b").rmdir()
    (mount.path / "a").rename(mount.path / "c")
    assert (mount.path / "c/b/two").read_bytes() == b"a/b/two"
    mount.written_back()
    assert get(session, f"{home}/c/one") == b"a/one"
    assert get(session, f"{home}/c/b/two") == b"a/b/two"
    (mount.path / "c/b/two").write_bytes(b"")
    subprocess.run(["rm", "-r", mount.path / "c"], check=True)
    mount.written_back()
    assert session.collections.get(home).subcollections == []


def test_metadata_waits_for_the_upload_of_its_file(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    file = mount.path / "file"
    file.write_bytes(b"content")
    os.setxattr(file, "user.name", b"value")
    assert session.data_objects.get(f"{home}/file").metadata["name"].value == "value"
    other = mount.path / "other"
    other.write_bytes(b"content")
    assert int(os.getxattr(other, "irods.id")) > 0
    assert [replica["size"] for replica in json.loads(os.getxattr(other, "irods.replicas"))] == [7]
    acl = json.loads(os.getxattr(file, "irods.acl"))
    (mount.path / "third").write_bytes(b"content")
    os.setxattr(mount.path / "third", "irods.acl", json.dumps(acl).encode())
    assert os.listxattr(file) == ["user.name"]


def test_a_lock_file_is_real(mount: Mount, session: iRODSSession, home: str) -> None:
    assert os.listdir(mount.path) == []
    put(session, f"{home}/held", b"somebody else")
    with fails(errno.EEXIST), (mount.path / "held").open("xb"):
        pass
    assert get(session, f"{home}/held") == b"somebody else"
    with (mount.path / "mine").open("xb") as lock:
        lock.write(b"1234")
    assert get(session, f"{home}/mine") == b"1234"
    mount.expect_log("made elsewhere|File exists")
    with fails(errno.EEXIST), (mount.path / "late").open("xb") as lock:
        lock.write(b"1234")
        lock.flush()
        put(session, f"{home}/late", b"somebody else")
    assert get(session, f"{home}/late") == b"somebody else"


def test_what_a_program_makes_exclusively_in_a_directory_of_its_own_waits(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    (mount.path / "copied").mkdir()
    with held(proxy):
        with (mount.path / "copied/file").open("xb") as file:
            file.write(b"content")
        assert names(session, f"{home}/copied") == set()
    mount.written_back()
    assert get(session, f"{home}/copied/file") == b"content"


def test_what_was_saved_over_a_backup_has_its_attributes(mount: Mount) -> None:
    file = mount.path / "file"
    file.write_bytes(b"old")
    os.setxattr(file, "user.name", b"value")
    file.rename(mount.path / "file~")
    file.write_bytes(b"new")
    assert os.getxattr(file, "user.name") == b"value"


Foreign = Callable[[iRODSSession, str], None]


@pytest.mark.parametrize("existed", [False, True], ids=["a new file", "an old file"])
def test_a_version_of_another_client_is_not_overwritten(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path, existed: bool
) -> None:
    mount.expect_log("could not be written.*changed elsewhere")
    if existed:
        put(session, f"{home}/file", b"old")
        assert (mount.path / "file").read_bytes() == b"old"
    go_away(proxy, mount)
    (mount.path / "file").write_bytes(b"ours")
    put(session, f"{home}/file", b"their version")
    proxy.accept_again()
    status = mount.written_back()
    assert (status["waitingFiles"], status["failedFiles"]) == (0, 1)
    assert get(session, f"{home}/file") == b"their version"
    assert failed(spool) == {f"{home}/file": b"ours"}
    assert (mount.path / "file").read_bytes() == b"their version"


def test_who_has_a_file_open_is_told_that_it_could_not_be_written(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount.expect_log("changed elsewhere|fsync")
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_RDWR)
    go_away(proxy, mount)
    os.write(descriptor, b"ours")
    os.close(os.dup(descriptor))
    put(session, f"{home}/file", b"their version")
    proxy.accept_again()
    mount.written_back()
    with fails(errno.ESTALE):
        os.fsync(descriptor)
    os.close(descriptor)
    assert get(session, f"{home}/file") == b"their version"


def test_what_another_client_has_removed_is_made_again(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"old")
    assert (mount.path / "file").read_bytes() == b"old"
    go_away(proxy, mount)
    (mount.path / "file").write_bytes(b"new")
    session.data_objects.unlink(f"{home}/file", force=True)
    proxy.accept_again()
    assert mount.written_back()["failedFiles"] == 0
    assert get(session, f"{home}/file") == b"new"


def test_a_file_whose_directory_was_removed_elsewhere_is_kept(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    mount.expect_log("could not be written")
    (mount.path / "directory").mkdir()
    go_away(proxy, mount)
    (mount.path / "directory/file").write_bytes(b"content")
    session.collections.remove(f"{home}/directory", force=True)
    proxy.accept_again()
    assert mount.written_back()["failedFiles"] == 1
    assert failed(spool) == {f"{home}/directory/file": b"content"}


def test_a_mount_goes_on_while_the_zone_is_away(mount: Mount, proxy: Proxy, session: iRODSSession, home: str) -> None:
    (mount.path / "directory").mkdir()
    go_away(proxy, mount)
    for number in range(20):
        file = mount.path / f"directory/{number}"
        file.write_bytes(b"content")
        assert file.read_bytes() == b"content"
    assert mount.status()["waitingFiles"] == 20
    proxy.accept_again()
    assert mount.written_back()["failedFiles"] == 0
    assert names(session, f"{home}/directory") == {str(number) for number in range(20)}


def test_files_are_replaced_quickly_while_the_zone_is_known_to_be_away(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    contents = {str(number): b"new %d" % number for number in range(12)}
    for name in [*contents, "touched"]:
        (mount.path / name).write_bytes(b"old")
    mount.written_back()
    go_away(proxy, mount)
    (mount.path / "waits").write_bytes(b"content")  # whose upload finds out
    mount.expect_log("ENOTCONN")
    with fails(errno.ENOTCONN):
        os.utime(mount.path / "touched")  # whose times nobody knows from then on
    began = time.monotonic()
    for name, content in contents.items():
        (mount.path / name).write_bytes(content)
    # With all the attempts that other questions are worth, each took 1.5 seconds on average.
    assert time.monotonic() - began < len(contents)
    proxy.accept_again()
    mount.written_back()
    assert {name: get(session, f"{home}/{name}") for name in contents} == contents


def test_what_waited_too_long_is_kept_and_said(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    mount = mount_through(proxy, "--write-back", "--timeout", "0.5")
    mount.expect_log("could not be written|lookup")
    go_away(proxy, mount)
    for number in range(6):
        (mount.path / str(number)).write_bytes(b"content")
    assert mount.written_back()["failedFiles"] == 6
    assert failed(spool) == {f"{home}/{number}": b"content" for number in range(6)}
    reasons = [json.loads(described.read_text())["reason"] for described in spool.glob("*/failed/*.json")]
    assert all(reason.startswith(("ZoneUnreachable", "ZoneTimeout")) for reason in reasons), reasons
    proxy.accept_again()
    assert os.listdir(mount.path) == []
    (mount.path / "0").write_bytes(b"again")
    mount.written_back()
    assert get(session, f"{home}/0") == b"again"
    subprocess.run(["fusermount3", "-u", mount.path], check=True)
    assert mount.process is not None
    assert mount.process.wait(PATIENCE) == 1, "nobody was told of the six"


def test_the_next_mount_uploads_what_a_killed_one_has_left(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    put(session, f"{home}/old", b"old")
    assert (mount.path / "old").read_bytes() == b"old"
    with held(proxy) as stall:
        (mount.path / "new").write_bytes(b"first")
        assert stall.reached.wait(PATIENCE)
        mount.kill()
        proxy.cut()
    mount.start_again("--write-back", "--cache-timeout", "60")
    mount.written_back()
    assert get(session, f"{home}/new") == b"first"
    go_away(proxy, mount)
    (mount.path / "old").write_bytes(b"replaced")
    (mount.path / "new").write_bytes(b"second")
    os.utime(mount.path / "new", (1_234_567_890, 1_234_567_890))
    (mount.path / "new").open("ab").close()
    mount.kill()
    assert sorted(waiting(spool)) == [b"replaced", b"second"]
    proxy.accept_again()
    with held(proxy):
        mount.start_again()
        assert (mount.path / "new").read_bytes() == b"second"
        assert (mount.path / "old").read_bytes() == b"replaced"
        assert get(session, f"{home}/new") == b"first"
    mount.written_back()
    assert get(session, f"{home}/old") == b"replaced"
    assert get(session, f"{home}/new") == b"second"
    assert waiting(spool) == []


@pytest.mark.parametrize("api", [OPEN, WRITE, CLOSE])
@pytest.mark.parametrize("existed", [False, True], ids=["a new file", "an old file"])
def test_an_upload_in_which_the_mount_was_killed_is_repeated(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, api: int, existed: bool
) -> None:
    if existed:
        put(session, f"{home}/file", b"an old version")
        assert (mount.path / "file").read_bytes() == b"an old version"
    with held(proxy, api) as stall:
        (mount.path / "file").write_bytes(b"content")
        assert stall.reached.wait(PATIENCE)
        mount.kill()
    proxy.cut()
    mount.start_again("--write-back", "--cache-timeout", "60")
    assert mount.written_back()["failedFiles"] == 0
    assert get(session, f"{home}/file") == b"content"
    assert session.data_objects.get(f"{home}/file").replicas[0].status == "1"


def test_what_changed_after_the_kill_is_not_overwritten(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str, spool: Path
) -> None:
    mount.expect_log("could not be written.*changed elsewhere")
    go_away(proxy, mount)
    (mount.path / "file").write_bytes(b"ours")
    mount.kill()
    put(session, f"{home}/file", b"theirs")
    proxy.accept_again()
    mount.start_again()
    assert mount.written_back()["failedFiles"] == 1
    assert get(session, f"{home}/file") == b"theirs"
    assert failed(spool) == {f"{home}/file": b"ours"}


def test_entries_are_checked_before_they_are_uploaded(
    mount: Mount, proxy: Proxy, session: iRODSSession, zone_server: AnyZone, home: str, spool: Path
) -> None:
    mount.expect_log("is damaged|waits in")
    go_away(proxy, mount)
    for name in ("damaged", "of another", "complete"):
        (mount.path / name).write_bytes(b"content")
    mount.kill()
    for entry in (file for file in spool.glob("*/waiting/*/*") if file.name != "lock"):
        content = entry.read_bytes()
        if b"damaged" in content:
            entry.write_bytes(content.replace(b"content", b"changed", 1))
        elif b"of another" in content:
            entry.write_bytes(content.replace(f'"user":"{zone_server.user}"'.encode(), b'"user":"somebody"'))
        else:
            entry.with_suffix(".part").write_bytes(content[:5])
    proxy.accept_again()
    mount.start_again()
    assert mount.written_back()["waitingFiles"] == 0
    assert names(session, home) == {"complete"}
    assert len(waiting(spool)) == 2
    assert "is damaged" in mount.log
    assert "somebody" in mount.log


def test_a_mount_that_is_alive_keeps_its_entries(
    mount: Mount,
    proxy: Proxy,
    session: iRODSSession,
    mount_through: MountThrough,
    home: str,
    tmp_path: Path,
    spool: Path,
) -> None:
    (directory,) = (each for each in spool.iterdir())
    config = tmp_path / "config.toml"
    config.write_text(f'spool_directory = "{directory}"')
    with held(proxy):
        (mount.path / "file").write_bytes(b"content")
        other = Mount(tmp_path / "other", home)
        other.start(mount._zone, "--config", str(config), env=mount._env)
        try:
            assert other.status()["waitingFiles"] == 0
            assert waiting(spool) == [b"content"]
        finally:
            other.stop()
        assert waiting(spool) == [b"content"]
    mount.written_back()
    assert get(session, f"{home}/file") == b"content"


def test_without_room_in_the_spool_close_writes_through(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        config = tmp_path / "config.toml"
        config.write_text(f'spool_directory = "{small}/spool"')
        mount = mount_through(proxy, "--write-back", "--config", str(config))
        content = os.urandom(MEGABYTE)
        (mount.path / "large").write_bytes(content)
        assert get(session, f"{home}/large") == content
        assert "can't wait in the spool" in mount.log
        with held(proxy):
            (mount.path / "small").write_bytes(b"content")
            assert mount.status()["waitingFiles"] == 1
        mount.stop()
    finally:
        subprocess.run(["umount", small], check=True)
    assert get(session, f"{home}/small") == b"content"


def test_without_the_option_nothing_waits(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy)
    for number in range(5):
        (mount.path / str(number)).write_bytes(b"content")
        assert get(session, f"{home}/{number}") == b"content"
    assert mount.status()["waitingFiles"] == 0
