"""Large files, caches of the kernel and lines that break, when others change what a mount has open or has seen."""

from __future__ import annotations

import errno
import os

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.proxy import Proxy

OPEN, STAT, CLOSE = (api_number[name] for name in ("DATA_OBJ_OPEN_AN", "OBJ_STAT_AN", "DATA_OBJ_CLOSE_AN"))
MEGABYTE = 1 << 20
LARGE = 5 * MEGABYTE


def touch(session: iRODSSession, path: str, second: int) -> None:
    session.data_objects.touch(path, seconds_since_epoch=second)


@pytest.mark.parametrize("kept", [False, True], ids=["in the same second", "with its modify time kept"])
@pytest.mark.parametrize("part", [False, True], ids=["whole", "a few bytes in the middle"])
def test_a_large_object_rewritten_elsewhere_with_the_same_size_is_read_new(
    mount: Mount, session: iRODSSession, home: str, kept: bool, part: bool
) -> None:
    old = os.urandom(LARGE)
    new = old[: LARGE // 2] + b"changed" + old[LARGE // 2 + 7 :] if part else os.urandom(LARGE)
    for content in (old, new):
        put(session, f"{home}/file", content)
        if kept:
            touch(session, f"{home}/file", 1_700_000_000)
        assert (mount.path / "file").read_bytes() == content


def test_opening_a_large_object_costs_three_requests_and_what_has_a_checksum_is_not_read_again(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", os.urandom(LARGE))
    session.data_objects.chksum(f"{home}/file")
    mount = mount_through(proxy)
    content = (mount.path / "file").read_bytes()
    proxy.count()
    assert (mount.path / "file").read_bytes() == content
    assert {api: number for api, number in proxy.requests.items() if api != CLOSE} == {
        STAT: 1,
        OPEN: 1,
        api_number["DATA_OBJ_LSEEK_AN"]: 1,
    }


@pytest.mark.parametrize("how", ["rewritten", "removed", "replaced"])
@pytest.mark.parametrize("size", [LARGE, 12 * MEGABYTE])
def test_ranges_of_a_large_object_go_only_into_the_version_that_they_were_written_for(
    mount: Mount, irodsfs: IrodsfsCommand, session: iRODSSession, home: str, how: str, size: int
) -> None:
    mount.expect_log("changed elsewhere")
    put(session, f"{home}/file", os.urandom(size))
    theirs = os.urandom(size + 1)
    with fails(errno.ESTALE), (mount.path / "file").open("r+b") as stream:
        stream.seek(MEGABYTE)
        stream.write(b"ours")
        if how != "rewritten":
            session.data_objects.unlink(f"{home}/file", force=True)
        if how != "removed":
            put(session, f"{home}/file", theirs)
    if how == "removed":
        assert not session.data_objects.exists(f"{home}/file")
    else:
        assert get(session, f"{home}/file") == theirs
        assert (mount.path / "file").read_bytes() == theirs
    assert f"{home}/file" in irodsfs("recover").stdout


def test_a_large_new_file_whose_name_is_taken_while_it_is_written_leaves_what_is_there(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    mount.expect_log("made elsewhere|File exists")
    with fails(errno.EEXIST), (mount.path / "file").open("xb") as stream:
        stream.write(bytes(MEGABYTE))
        put(session, f"{home}/file", b"theirs")
        for _ in range(20):
            stream.write(bytes(MEGABYTE))
    assert get(session, f"{home}/file") == b"theirs"


def test_what_others_make_while_the_line_breaks_is_not_taken_for_our_own(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy)
    mount.expect_log("made elsewhere|File exists")

    def make_theirs(api: int) -> None:
        proxy.forget_hooks()
        put(session, f"{home}/file", b"XXXX")
        proxy.cut()

    with fails(errno.EEXIST), (mount.path / "file").open("xb") as stream:
        stream.write(b"ours")
        stream.flush()
        proxy.on_request(OPEN, make_theirs)
    assert get(session, f"{home}/file") == b"XXXX"


@pytest.mark.parametrize("content", [b"", b"content"], ids=["empty", "with bytes"])
@pytest.mark.parametrize("mode", ["xb", "wb", "ab"])
def test_a_new_file_is_there_once_when_the_answer_to_its_making_is_lost(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, content: bytes, mode: str
) -> None:
    mount = mount_through(proxy)
    stream = (mount.path / "file").open(mode)
    stream.write(content)
    stream.flush()
    proxy.lose_next_reply(CLOSE)
    stream.close()
    assert get(session, f"{home}/file") == content
    assert [replica.status for replica in session.data_objects.get(f"{home}/file").replicas] == ["1"]


def test_touching_what_others_made_changes_nothing_but_its_time(mount: Mount, session: iRODSSession, home: str) -> None:
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY)
    put(session, f"{home}/file", b"theirs")
    session.data_objects.get(f"{home}/file").metadata.add("a", "b")
    os.utime(descriptor, (1_600_000_000, 1_600_000_000))
    os.close(descriptor)
    found = session.data_objects.get(f"{home}/file")
    assert found.modify_time.timestamp() == 1_600_000_000
    assert get(session, f"{home}/file") == b"theirs"
    assert [avu.value for avu in found.metadata.items()] == ["b"]
    assert (mount.path / "file").read_bytes() == b"theirs"
