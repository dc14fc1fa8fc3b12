"""What a mount does while its zone is slow, away, or cut off in the middle of something."""

from __future__ import annotations

import errno
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import fails
from tests.objects import get, put
from tests.proxy import Cut, Proxy, Stall
from tests.zones import AnyZone, EmbeddedZone

OPEN, READ, WRITE, CLOSE = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "READ", "WRITE", "CLOSE"))
QUERY = api_number["GEN_QUERY_AN"]
RENAME = api_number["DATA_OBJ_RENAME_AN"]
UNLINK = api_number["DATA_OBJ_UNLINK_AN"]
NAMING = api_number["MOD_AVU_METADATA_AN"]
TOUCH = api_number["TOUCH_APN"]
CHANGES = [
    api_number[name] for name in ("COLL_CREATE_AN", "RM_COLL_AN", "DATA_OBJ_UNLINK_AN", "DATA_OBJ_RENAME_AN")
] + [NAMING]
NETWORK = {errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ECONNREFUSED}
MEGABYTE = 1 << 20
PATIENCE = 60
"""Seconds in which what is promised must have happened."""


def test_others_are_answered_while_a_large_read_is_stalled(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    content = os.urandom(20 * MEGABYTE)
    put(session, f"{home}/large", content)
    put(session, f"{home}/small", b"small")
    session.collections.create(f"{home}/directory")
    mount = mount_through(proxy)
    stall = proxy.stall_at(READ)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit((mount.path / "large").read_bytes)
        assert stall.reached.wait(PATIENCE)
        proxy.forget_hooks()
        assert (mount.path / "large").stat().st_size == len(content)
        assert sorted(os.listdir(mount.path)) == ["directory", "large", "small"]
        assert os.listdir(mount.path / "directory") == []
        assert (mount.path / "small").read_bytes() == b"small"
        (mount.path / "directory/new").write_bytes(b"new")
        (mount.path / "directory/new").rename(mount.path / "renamed")
        (mount.path / "renamed").unlink()
        assert not reading.done()
        stall.release()
        assert reading.result(PATIENCE) == content


def test_others_are_answered_while_a_flush_is_stalled(mount_through: MountThrough, proxy: Proxy) -> None:
    mount = mount_through(proxy)
    stall = proxy.stall_at(WRITE)
    with ThreadPoolExecutor() as threads:
        writing = threads.submit((mount.path / "slow").write_bytes, b"content")
        assert stall.reached.wait(PATIENCE)
        proxy.forget_hooks()
        assert (mount.path / "slow").stat().st_size == len(b"content")
        (mount.path / "other").write_bytes(b"other")
        assert sorted(os.listdir(mount.path)) == ["other", "slow"]
        assert not writing.done()
        stall.release()
        assert writing.result(PATIENCE) == len(b"content")
    assert (mount.path / "slow").read_bytes() == b"content"


def test_a_listing_that_is_cut_off_is_asked_for_again(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"")
    mount = mount_through(proxy)
    proxy.cut_at(QUERY)
    assert os.listdir(mount.path) == ["file"]


def test_a_listing_that_fails_is_an_error_and_never_empty(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/directory")
    put(session, f"{home}/directory/file", b"")
    mount = mount_through(proxy)
    mount.expect_log("opendir|readdir|lookup|getattr|access")
    (mount.path / "directory").stat()
    proxy.cut_at(QUERY, times=1000)
    with pytest.raises(OSError, match=r".") as failed:
        os.listdir(mount.path / "directory")
    assert failed.value.errno in NETWORK
    proxy.forget_hooks()
    assert os.listdir(mount.path / "directory") == ["file"]


def test_a_zone_that_is_away_gives_network_errors_and_the_mount_recovers(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/directory")
    put(session, f"{home}/file", b"content")
    mount = mount_through(proxy, "--cache-timeout", "0")
    mount.expect_log("ERROR irodsfs.(mount|filesystem)")
    assert sorted(os.listdir(mount.path)) == ["directory", "file"]
    proxy.refuse()
    for call in (
        lambda: os.listdir(mount.path),
        lambda: (mount.path / "file").read_bytes(),
        lambda: (mount.path / "directory/new").mkdir(),
    ):
        with pytest.raises(OSError, match=r".") as failed:
            call()
        assert failed.value.errno in NETWORK
    proxy.accept_again()
    assert sorted(os.listdir(mount.path)) == ["directory", "file"]
    assert (mount.path / "file").read_bytes() == b"content"
    (mount.path / "directory/new").mkdir()


def test_a_zone_that_says_nothing_times_out_and_the_mount_recovers(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    mount = mount_through(proxy, "--cache-timeout", "0", "--timeout", "1")
    mount.expect_log("ETIMEDOUT|ENOTCONN")
    assert os.listdir(mount.path) == ["file"]
    proxy.stop_flow()
    began = time.monotonic()
    with pytest.raises(OSError, match=r".") as failed:
        os.listdir(mount.path)
    assert failed.value.errno in NETWORK
    assert time.monotonic() - began < PATIENCE
    proxy.let_flow()
    assert os.listdir(mount.path) == ["file"]


def test_connections_that_died_while_idle_are_not_noticed(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy, "--cache-timeout", "0")
    (mount.path / "file").write_bytes(b"content")
    proxy.cut()
    (mount.path / "directory").mkdir()
    proxy.cut()
    (mount.path / "file").rename(mount.path / "directory/file")
    proxy.cut()
    assert (mount.path / "directory/file").read_bytes() == b"content"


AS_A_WHOLE = ["--replace-drops-metadata"]
"""So also what is small takes the name itself, instead of being put into what has it."""

MOMENTS = [
    *[(AS_A_WHOLE, api, passed) for api, passed in ((RENAME, 0), (RENAME, 1), (UNLINK, 0))],
    *[([], api, passed) for api, passed in ((OPEN, 0), (OPEN, 1), (WRITE, 0), (CLOSE, 1), (TOUCH, 0), (UNLINK, 0))],
]
"""In the middle of replacing a small file, in either way: before, or behind, these requests."""


def changed_once(mount: Path) -> set[str]:
    """Every change of names, once; the names after it."""
    (mount / "made").mkdir()
    (mount / "emptied").rmdir()
    (mount / "removed").unlink()
    (mount / "old").rename(mount / "renamed")
    (mount / "new").rename(mount / "replaced")
    (mount / "collection").rename(mount / "moved")
    os.setxattr(mount / "kept", "user.attribute", b"value")
    return set(os.listdir(mount))


@pytest.mark.parametrize("carried_out", [False, True], ids=["before the zone got it", "after the zone did it"])
@pytest.mark.parametrize("api", CHANGES)
def test_a_change_that_is_cut_off_takes_effect_once(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, api: int, carried_out: bool
) -> None:
    for name in ("emptied", "collection"):
        session.collections.create(f"{home}/{name}")
    for name in ("removed", "old", "new", "replaced", "kept"):
        put(session, f"{home}/{name}", name.encode())
    mount = mount_through(proxy)
    if carried_out:
        proxy.lose_next_reply(api)
    else:
        proxy.cut_at(api)
    names = changed_once(mount.path)
    assert proxy.connections > 1
    assert names == {"made", "renamed", "replaced", "moved", "kept"}
    assert (mount.path / "replaced").read_bytes() == b"new"
    objects = {each.name: get(session, each.path) for each in session.collections.get(home).data_objects}
    assert objects == {"renamed": b"old", "replaced": b"new", "kept": b"kept"}
    assert {each.name for each in session.collections.get(home).subcollections} == {"made", "moved"}
    assert session.data_objects.get(f"{home}/kept").metadata.get_one("attribute").value == "value"


@pytest.mark.parametrize(("options", "api", "passed"), MOMENTS)
@pytest.mark.parametrize("carried_out", [False, True], ids=["before the zone got it", "after the zone did it"])
def test_replacing_a_file_is_finished_when_the_line_breaks_in_the_middle(
    mount_through: MountThrough,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    options: list[str],
    api: int,
    passed: int,
    carried_out: bool,
) -> None:
    for name in ("new", "replaced"):
        put(session, f"{home}/{name}", name.encode())
    mount = mount_through(proxy, *options)
    seen = iter(range(100))

    def spoil(_: int) -> None:
        if next(seen) == passed:
            if not carried_out:
                raise Cut
            proxy.lose_next_reply(api)

    proxy.on_request(api, spoil)
    (mount.path / "new").rename(mount.path / "replaced")
    assert os.listdir(mount.path) == ["replaced"]
    assert (mount.path / "replaced").read_bytes() == b"new"
    assert [each.name for each in session.collections.get(home).data_objects] == ["replaced"]


@pytest.mark.parametrize(("options", "api", "stalled"), MOMENTS)
def test_a_file_opened_while_it_is_replaced_never_comes_back(
    mount_through: MountThrough,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    options: list[str],
    api: int,
    stalled: int,
) -> None:
    for name in ("source", "target"):
        put(session, f"{home}/{name}", name.encode())
    mount = mount_through(proxy, "--cache-timeout", "60", *options)
    assert sorted(os.listdir(mount.path)) == ["source", "target"]
    assert (mount.path / "target").stat().st_size == len(b"target")
    stall = Stall()
    seen = iter(range(100))
    proxy.on_request(api, lambda _: stall.hold() if next(seen) == stalled else None)
    with ThreadPoolExecutor() as pool:
        renaming = pool.submit((mount.path / "source").rename, mount.path / "target")
        assert stall.reached.wait(PATIENCE)
        opening = pool.submit(os.open, mount.path / "target", os.O_RDWR)
        wait([opening], timeout=1)
        stall.release()
        renaming.result(PATIENCE)
    descriptor = opening.result()
    opened = os.pread(descriptor, 100, 0)
    os.pwrite(descriptor, b"W", 0)
    os.close(descriptor)
    assert opened in (b"source", b"target")
    expected = {"target": b"Wource" if opened == b"source" else b"source"}
    assert {each.name: get(session, each.path) for each in session.collections.get(home).data_objects} == expected


def test_a_renamed_file_is_read_on_when_the_line_breaks_and_not_another_of_its_old_name(
    mount_through: MountThrough, proxy: Proxy
) -> None:
    mount = mount_through(proxy)
    (mount.path / "file").write_bytes(b"a" * 9 * MEGABYTE)
    descriptor = os.open(mount.path / "file", os.O_RDONLY)
    try:
        assert os.pread(descriptor, 1000, 5 * MEGABYTE) == b"a" * 1000
        (mount.path / "file").rename(mount.path / "renamed")
        (mount.path / "file").write_bytes(b"b" * 9 * MEGABYTE)
        proxy.cut()
        assert os.pread(descriptor, 1000, 8 * MEGABYTE) == b"a" * 1000
        (mount.path / "renamed").unlink()
        assert os.pread(descriptor, 1000, 2 * MEGABYTE) == b"a" * 1000
        mount.expect_log("the line broke on which an unlinked object was open")
        proxy.cut()
        with fails(errno.EIO):
            os.pread(descriptor, 1000, 7 * MEGABYTE)
    finally:
        os.close(descriptor)


def test_a_write_that_is_cut_off_is_repeated(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy)
    for api in (OPEN, WRITE, CLOSE):
        proxy.cut_at(api)
        (mount.path / f"small {api}").write_bytes(b"content")
        proxy.forget_hooks()
        assert get(session, f"{home}/small {api}") == b"content"


def test_a_large_write_that_is_cut_off_is_repeated(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    content = os.urandom(20 * MEGABYTE)
    mount = mount_through(proxy)
    for api in (WRITE, CLOSE):
        proxy.cut_at(api)
        (mount.path / f"large {api}").write_bytes(content)
        proxy.forget_hooks()
        assert get(session, f"{home}/large {api}") == content


def test_a_large_read_that_is_cut_off_goes_on(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    content = os.urandom(20 * MEGABYTE)
    put(session, f"{home}/large", content)
    mount = mount_through(proxy)
    with (mount.path / "large").open("rb") as file:
        assert file.read(MEGABYTE) == content[:MEGABYTE]
        proxy.cut()
        assert file.read() == content[MEGABYTE:]


def test_a_small_read_that_is_cut_off_is_repeated(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    mount = mount_through(proxy)
    proxy.cut_at(READ)
    assert (mount.path / "file").read_bytes() == b"content"


def kept_bytes(spool: Path) -> list[bytes]:
    return [file.read_bytes() for file in spool.glob("*/failed/*") if file.suffix != ".json"]


@pytest.fixture
def spool(user_environment: dict[str, str]) -> Path:
    return Path(user_environment["XDG_CACHE_HOME"]) / "irodsfs"


def test_bytes_that_the_zone_never_took_fail_at_close_and_are_kept(
    mount_through: MountThrough, proxy: Proxy, spool: Path, home: str
) -> None:
    content = os.urandom(20 * MEGABYTE)
    mount = mount_through(proxy)
    mount.expect_log("could not be written|flush|create|write|lookup")
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, content)
    proxy.refuse()
    with pytest.raises(OSError, match=r".") as failed:
        os.close(descriptor)
    assert failed.value.errno in NETWORK
    assert kept_bytes(spool) == [content]
    (kept,) = (line for line in mount.log.splitlines() if "could not be written" in line)
    assert f"{home}/file" in kept
    assert str(spool) in kept
    proxy.accept_again()
    (mount.path / "file").write_bytes(content)
    assert (mount.path / "file").read_bytes() == content


def test_nothing_is_used_up_by_failures(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy, "--connections", "3")
    mount.expect_log("ERROR irodsfs.(mount|filesystem)")
    (mount.path / "directory").mkdir()
    descriptors = [os.open(mount.path / f"directory/{number}", os.O_CREAT | os.O_WRONLY) for number in range(10)]
    session.collections.remove(f"{home}/directory", force=True)
    for descriptor in descriptors:
        os.write(descriptor, b"content")
        with pytest.raises(FileNotFoundError):
            os.close(descriptor)
    (mount.path / "file").write_bytes(b"content")
    proxy.cut_at(READ, times=1000)
    for _ in range(4):
        with pytest.raises(OSError, match=r"."):
            (mount.path / "file").read_bytes()
    proxy.forget_hooks()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: (mount.path / "file").read_bytes(), range(16))) == [b"content"] * 16


def test_a_zone_killed_in_the_middle_of_an_upload_gets_it_when_it_is_back(
    mount_through: MountThrough, proxy: Proxy, embedded_zone: EmbeddedZone, home: str
) -> None:
    content = os.urandom(20 * MEGABYTE)
    mount = mount_through(proxy)
    stall = proxy.stall_at(CLOSE)
    with ThreadPoolExecutor() as threads:
        writing = threads.submit((mount.path / "file").write_bytes, content)
        assert stall.reached.wait(PATIENCE)
        proxy.forget_hooks()
        embedded_zone.kill()
        embedded_zone.start()
        stall.release()
        assert writing.result(PATIENCE) == len(content)
    with embedded_zone.session() as session:
        assert get(session, f"{home}/file") == content
        assert session.data_objects.get(f"{home}/file").replicas[0].status == "1"


@pytest.mark.parametrize(("options", "api", "passed"), [*MOMENTS, (AS_A_WHOLE, UNLINK, 1)])
def test_killed_while_replacing_a_file_a_complete_version_exists(
    mount_through: MountThrough,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    options: list[str],
    api: int,
    passed: int,
) -> None:
    mount = mount_through(proxy, *options)
    (mount.path / "file").write_bytes(b"old")
    (mount.path / "new").write_bytes(b"new version")
    assert mount.process is not None
    process = mount.process
    seen = iter(range(100))

    def kill(_: int) -> None:
        if next(seen) == passed:
            process.kill()
            process.wait()
            raise Cut

    proxy.on_request(api, kill)
    with suppress(OSError):
        (mount.path / "new").rename(mount.path / "file")
    process.kill()
    proxy.await_end(PATIENCE)
    contents = {each.name: get(session, each.path) for each in session.collections.get(home).data_objects}
    here = contents.get("file")
    replaced = [content for name, content in contents.items() if name.startswith(".irodsfs-replaced-")]
    assert options or here is not None
    assert here in (b"old", b"new version") or replaced == [b"old"] or "new" in contents
    assert contents.get("new", b"new version") == b"new version"
    assert "new" in contents or here == b"new version"


@pytest.mark.parametrize(
    ("name", "api", "passed"),
    [
        *[("file", *moment) for moment in ((RENAME, 0), (RENAME, 1), (UNLINK, 0))],
        *[("n" * 255, *moment) for moment in ((NAMING, 0), (RENAME, 0), (RENAME, 1), (UNLINK, 0))],
    ],
)
def test_killed_while_replacing_a_file_a_later_mount_finds_a_complete_version_under_the_name(
    mount_through: MountThrough,
    make_mount: MakeMount,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    name: str,
    api: int,
    passed: int,
) -> None:
    mount = mount_through(proxy, *AS_A_WHOLE)
    (mount.path / name).write_bytes(b"old")
    (mount.path / "new").write_bytes(b"new version")
    assert mount.process is not None
    process = mount.process
    seen = iter(range(100))

    def kill(_: int) -> None:
        if next(seen) == passed:
            process.kill()
            process.wait()
            raise Cut

    proxy.on_request(api, kill)
    with suppress(OSError):
        (mount.path / "new").rename(mount.path / name)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    proxy.await_end(PATIENCE)
    for each in session.collections.get(home).data_objects:
        if each.name.startswith(".irodsfs-replaced-"):
            an_hour_before = re.sub("-[0-9a-f]{8}", f"-{int(time.time()) - 3600:08x}", each.name, count=1)
            session.data_objects.move(each.path, f"{home}/{an_hour_before}")
    later = make_mount().path
    content = (later / name).read_bytes()
    assert content in (b"old", b"new version")
    assert sorted(os.listdir(later)) == sorted([name] if content == b"new version" else [name, "new"])


def test_sigterm_brings_what_is_open_into_the_zone(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy)
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY)
    try:
        os.write(descriptor, b"content")
        assert mount.process is not None
        mount.process.terminate()
        assert mount.process.wait(PATIENCE) == 0
    finally:
        with pytest.raises(OSError, match=r"."):
            os.close(descriptor)
    assert get(session, f"{home}/file") == b"content"


@pytest.mark.administrator
def test_a_missing_resource_is_named_in_the_log_and_is_no_missing_file(
    make_mount: MakeMount, session: iRODSSession, zone_server: AnyZone, resource: str
) -> None:
    host, vault = session.resources.get(resource).location, f"{zone_server.vaults}/irodsfs-tests-nowhere"
    session.resources.create("nowhere", "unixfilesystem", host, vault)
    mount = make_mount("--resource", "nowhere")
    session.resources.remove("nowhere")
    mount.expect_log(r"no resource found for name \[nowhere\]")
    mount.expect_log("could not be written into the zone")
    with fails(errno.ENODEV):
        (mount.path / "file").write_bytes(b"content")
    assert all(line[:2] == "20" or line.startswith("  ") for line in mount.log.splitlines())


def test_names_come_into_the_log_without_their_control_characters(make_mount: MakeMount) -> None:
    mount = make_mount("--log-level", "debug")
    mount.expect_log("")
    path = mount.path / "a\n2026-01-01 00:00:00,000 ERROR forged\x1b[2J\x9bm"
    path.write_bytes(b"content")
    with fails(errno.EINVAL):
        os.setxattr(path, "user.x", b"")
    assert r"a\n2026-01-01 00:00:00,000 ERROR forged\x1b[2J\x9bm" in mount.log
    assert not any(line.startswith("2026-01-01 00:00:00,000") for line in mount.log.splitlines())
    assert "\x1b" not in mount.log
