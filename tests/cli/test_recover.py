"""`irodsfs recover`: what could not be brought into the zone is listed, and gets there, or out of the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand, MakeMount
from tests.local_users import STRANGER
from tests.mount.conftest import mount_through, proxy
from tests.mounts import Mount
from tests.objects import get, put
from tests.proxy import Proxy
from tests.sandbox.rules.running import eventually
from tests.zones import AnyZone

__all__ = ["mount_through", "proxy"]

MEGABYTE = 1 << 20
SECONDS = 60
OPEN, WRITE, COLLECTION_QUERY = 602, 676, 702

Recover = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mount(make_mount: MakeMount, proxy: Proxy, mount_through: Callable[..., Mount]) -> Iterator[Mount]:
    mount = mount_through(proxy, "--write-back", "--timeout", "1")
    mount.expect_log("could not be written|flush|changed elsewhere")
    yield mount
    mount.stop()


@pytest.fixture
def recover(irodsfs: IrodsfsCommand, zone_server: AnyZone) -> Recover:
    """The command as the user of the zone."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {"IRODS_ENVIRONMENT_FILE": str(zone_server.environment_file())}
        return irodsfs("recover", *arguments, env=environment | {"IRODS_PORT": str(zone_server.port)})

    return run


@pytest.fixture
def recovering(
    user_environment: dict[str, str], zone_server: AnyZone, proxy: Proxy
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The same through the proxy, without waiting for it."""
    environment = {"IRODS_ENVIRONMENT_FILE": str(zone_server.environment_file()), "IRODS_PORT": str(proxy.port)}
    with ExitStack() as stack:

        def start(*arguments: str | Path) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "irodsfs", "recover", *arguments],
                env=user_environment | environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def listed(recover: Recover, *options: str | Path) -> list[dict[str, Any]]:
    done = recover("--json", *options)
    assert done.returncode == 0, done.stderr
    entries: list[dict[str, Any]] = json.loads(done.stdout)
    return entries


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {each["path"]: each["outcome"] for each in json.loads(done.stdout)}


@pytest.fixture
def kept(mount: Mount, proxy: Proxy, home: str, session: iRODSSession) -> str:
    """The path of a new file that the zone refused: `directory/kept`, of 4 bytes and a time of its own.

    Its collection was gone for a moment, which is known at once; a zone that is away is given its time.
    """
    session.collections.create(f"{home}/directory")
    assert list((mount.path / "directory").iterdir()) == []
    stall = proxy.stall_at(OPEN)
    _write(mount.path / "directory/kept")
    assert stall.reached.wait(SECONDS)
    session.collections.remove(f"{home}/directory", force=True)
    proxy.forget_hooks()
    stall.release()
    mount.written_back()
    session.collections.create(f"{home}/directory")
    return f"{home}/directory/kept"


def _write(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"ours")
        file.flush()
        os.utime(file.fileno(), (1_234_567_890, 1_234_567_890))


def test_nothing_is_kept_where_nothing_failed(recover: Recover) -> None:
    assert listed(recover) == []
    assert recover("--all").returncode == 0
    nothing = recover("/somewhere/file")
    assert nothing.returncode == 11
    assert "is not kept anywhere" in nothing.stderr


def test_what_is_kept_is_listed_and_put_back(recover: Recover, mount: Mount, kept: str, session: iRODSSession) -> None:
    (entry,) = listed(recover)
    assert (entry["path"], entry["size"]) == (kept, 4)
    assert entry["reason"].startswith("CAT_UNKNOWN_COLLECTION")
    assert Path(entry["file"]).read_bytes() == b"ours"
    assert kept in recover().stdout
    assert outcomes(recover("--all", "--dry-run", "--json")) == {kept: "would be put back"}
    assert not session.data_objects.exists(kept)
    assert outcomes(recover(entry["id"], "--json")) == {kept: "put back"}
    assert get(session, kept) == b"ours"
    assert int(session.data_objects.get(kept).modify_time.timestamp()) == 1_234_567_890
    assert listed(recover) == []
    assert mount.status()["failedFiles"] == 0


def test_a_version_that_came_in_between_is_overwritten_only_on_demand(
    recover: Recover, kept: str, session: iRODSSession
) -> None:
    put(session, kept, b"their version")
    for options in (["--dry-run"], []):
        done = recover("--all", "--json", *options)
        assert done.returncode == 11
        assert "changed elsewhere" in outcomes(done)[kept]
    assert get(session, kept) == b"their version"
    assert recover(kept, "--overwrite").returncode == 0
    assert get(session, kept) == b"ours"


def test_what_is_not_needed_is_discarded(recover: Recover, kept: str, session: iRODSSession) -> None:
    assert recover(kept, "--discard", "--dry-run").returncode == 0
    assert len(listed(recover)) == 1
    assert recover(kept, "--discard").returncode == 0
    assert listed(recover) == []
    assert not session.data_objects.exists(kept)


def test_what_is_kept_is_saved_in_a_local_file(recover: Recover, kept: str, tmp_path: Path) -> None:
    assert recover(kept, "--to", tmp_path / "file").returncode == 0
    assert (tmp_path / "file").read_bytes() == b"ours"
    assert (tmp_path / "file").stat().st_mtime == 1_234_567_890
    (tmp_path / "directory").mkdir()
    assert recover("--all", "--to", tmp_path / "directory").returncode == 0
    assert (tmp_path / "directory/kept").read_bytes() == b"ours"
    again = recover("--all", "--to", tmp_path / "file")
    assert again.returncode == 11
    assert "exists already" in again.stdout
    assert len(listed(recover)) == 1


def test_a_mount_puts_back_what_it_keeps_and_shows_it_at_once(
    recover: Recover, mount: Mount, kept: str, session: iRODSSession
) -> None:
    assert eventually(lambda: not (mount.path / "directory/kept").exists())
    assert [each["path"] for each in listed(recover, "--mount", mount.path)] == [kept]
    assert recover("--mount", mount.path, "--all", "--dry-run").returncode == 0
    assert outcomes(recover("--mount", mount.path, kept, "--json")) == {kept: "put back"}
    assert (mount.path / "directory/kept").read_bytes() == b"ours"
    assert get(session, kept) == b"ours"
    assert listed(recover) == []


def test_a_mount_overwrites_another_version_only_on_demand(
    recover: Recover, mount: Mount, kept: str, session: iRODSSession
) -> None:
    put(session, kept, b"their version")
    refused = recover("--mount", mount.path, "--all", "--json")
    assert refused.returncode == 11
    assert "changed elsewhere" in outcomes(refused)[kept]
    assert recover("--mount", mount.path, "--all", "--overwrite").returncode == 0
    assert get(session, kept) == b"ours"


def test_what_a_killed_mount_has_left_is_put_back_without_it(
    recover: Recover, mount: Mount, proxy: Proxy, home: str, session: iRODSSession
) -> None:
    assert list(mount.path.iterdir()) == []
    proxy.refuse()
    for version in (b"first", b"second version"):
        (mount.path / "file").write_bytes(version)
    assert listed(recover) == [], "the mount is alive"
    mount.kill()
    (entry,) = listed(recover)
    assert (entry["path"], entry["size"], entry["reason"]) == (f"{home}/file", 14, "")
    proxy.accept_again()
    assert recover("--all").returncode == 0
    assert get(session, f"{home}/file") == b"second version"
    assert listed(recover) == []


def test_parts_of_a_large_file_go_only_into_the_version_that_they_are_of(
    recover: Recover, mount: Mount, proxy: Proxy, home: str, session: iRODSSession
) -> None:
    content = bytearray(os.urandom(6 * MEGABYTE))
    names = ("same", "changed", "gone")
    for name in names:
        put(session, f"{home}/{name}", bytes(content))
    for name in names:
        descriptor = os.open(mount.path / name, os.O_RDWR)
        os.pwrite(descriptor, b"written here", 5 * MEGABYTE)
        proxy.refuse()
        with pytest.raises(OSError, match=r"."):
            os.close(descriptor)
        proxy.accept_again()
    put(session, f"{home}/changed", bytes(len(content)) + b"more")
    session.data_objects.unlink(f"{home}/gone", force=True)
    told = outcomes(recover("--all", "--overwrite", "--json"))
    assert told[f"{home}/same"] == "put back"
    assert "changed elsewhere" in told[f"{home}/changed"]
    assert "only parts" in told[f"{home}/gone"]
    content[5 * MEGABYTE : 5 * MEGABYTE + 12] = b"written here"
    assert get(session, f"{home}/same") == bytes(content)
    assert get(session, f"{home}/changed") == bytes(len(content)) + b"more"


def test_bytes_of_another_user_are_not_put_back(
    recover: Recover, kept: str, session: iRODSSession, irodsfs: IrodsfsCommand, zone_server: AnyZone
) -> None:
    (entry,) = listed(recover)
    described = Path(f"{entry['file']}.json")
    described.write_text(described.read_text().replace(f'"{zone_server.user}"', '"somebody"'))
    done = recover("--all", "--json")
    assert done.returncode == 11
    zone = zone_server.zone
    assert outcomes(done) == {kept: f"it is of somebody#{zone}, not of {zone_server.user}#{zone}"}
    assert not session.data_objects.exists(kept)


def test_a_zone_that_does_not_answer_is_told(irodsfs: IrodsfsCommand, kept: str) -> None:
    done = irodsfs("recover", "--all", "--zone", "irods://rods@127.0.0.1:1/tempZone", env={"IRODSFS_PASSWORD": "x"})
    assert done.returncode == 5
    assert done.stderr.startswith("irodsfs: No server at all answers on 127.0.0.1:1")


def test_of_two_at_once_one_puts_back_and_the_other_says_so(
    recover: Recover, recovering: Callable[..., subprocess.Popen[str]], proxy: Proxy, kept: str, session: iRODSSession
) -> None:
    stall = proxy.stall_at(WRITE)
    first = recovering("--all", "--json")
    assert stall.reached.wait(SECONDS)
    for other in (["--all"], ["--all", "--discard"]):
        done = recover(*other, "--json")
        assert done.returncode == 11
        assert "is being recovered elsewhere" in outcomes(done)[kept]
    stall.release()
    out, _ = first.communicate(timeout=SECONDS)
    assert (first.returncode, json.loads(out)[0]["outcome"]) == (0, "put back")
    assert get(session, kept) == b"ours"
    assert listed(recover) == []


def test_a_mount_leaves_alone_what_is_being_recovered_without_it(
    recover: Recover, recovering: Callable[..., subprocess.Popen[str]], proxy: Proxy, mount: Mount, kept: str
) -> None:
    stall = proxy.stall_at(WRITE)
    first = recovering("--all")
    assert stall.reached.wait(SECONDS)
    done = recover("--mount", mount.path, "--all", "--json")
    assert done.returncode == 11
    assert "is being recovered elsewhere" in outcomes(done)[kept]
    stall.release()
    first.communicate(timeout=SECONDS)
    assert first.returncode == 0


def test_what_was_recovered_while_it_waited_is_told(
    recover: Recover, recovering: Callable[..., subprocess.Popen[str]], proxy: Proxy, kept: str, session: iRODSSession
) -> None:
    stall = proxy.stall_at(COLLECTION_QUERY)
    late = recovering("--all", "--json")
    assert stall.reached.wait(SECONDS)
    assert recover("--all").returncode == 0
    stall.release()
    out, _ = late.communicate(timeout=SECONDS)
    assert (late.returncode, json.loads(out)[0]["outcome"]) == (11, "it was recovered or discarded meanwhile")
    assert get(session, kept) == b"ours"


def foreign_description(file: Path) -> None:
    os.chown(f"{file}.json", STRANGER, STRANGER)


def description_that_others_may_write(file: Path) -> None:
    Path(f"{file}.json").chmod(0o666)


def foreign_bytes(file: Path) -> None:
    os.chown(file, STRANGER, STRANGER)


def link_to_other_bytes(file: Path) -> None:
    file.rename(file.with_name("moved"))
    file.symlink_to("moved")


def bytes_with_another_name(file: Path) -> None:
    file.with_name("secret").hardlink_to(file)


@pytest.mark.parametrize(
    "tamper",
    [
        foreign_description,
        description_that_others_may_write,
        foreign_bytes,
        link_to_other_bytes,
        bytes_with_another_name,
    ],
)
def test_what_others_may_have_put_there_is_not_believed(
    recover: Recover, mount: Mount, kept: str, session: iRODSSession, tamper: Callable[[Path], None]
) -> None:
    (entry,) = listed(recover)
    tamper(Path(entry["file"]))
    mount.expect_log("is left alone")
    assert listed(recover) == []
    assert listed(recover, "--mount", mount.path) == []
    assert recover("--all").returncode == 0
    assert not session.data_objects.exists(kept)
    assert Path(entry["file"]).read_bytes() == b"ours"


def test_a_foreign_directory_of_what_waits_is_not_believed(
    recover: Recover, mount: Mount, proxy: Proxy, home: str, session: iRODSSession
) -> None:
    assert list(mount.path.iterdir()) == []
    proxy.refuse()
    (mount.path / "file").write_bytes(b"content")
    mount.kill()
    proxy.accept_again()
    (entry,) = listed(recover)
    os.chown(Path(entry["file"]).parent, STRANGER, STRANGER)
    assert listed(recover) == []
    assert recover("--all").returncode == 0
    assert not session.data_objects.exists(f"{home}/file")
    mount.start_again("--write-back")
    mount.expect_log("is left alone")
    mount.written_back()
    assert not session.data_objects.exists(f"{home}/file")


def test_a_spool_of_another_user_is_refused(recover: Recover, tmp_path: Path) -> None:
    (tmp_path / "theirs" / "failed").mkdir(parents=True)
    os.chown(tmp_path / "theirs", STRANGER, STRANGER)
    done = recover("--spool", tmp_path / "theirs")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "belongs to another user" in done.stderr
    assert recover("--spool", tmp_path / "none").returncode == 0
    assert not (tmp_path / "none").exists()
