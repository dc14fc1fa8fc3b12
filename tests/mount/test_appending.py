"""What is appended is at the end that the zone has then, once, whatever happens to the line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.objects import get, put
from tests.proxy import Proxy

OPEN, SEEK, WRITE, CLOSE = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "LSEEK", "WRITE", "CLOSE"))
MEGABYTE = 1 << 20


def append(file: Path, content: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(content)


@pytest.mark.parametrize("size", [20, 5 * MEGABYTE], ids=["small", "large"])
@pytest.mark.parametrize("api", [OPEN, SEEK, WRITE, CLOSE])
def test_what_was_appended_when_the_line_broke_is_there_once(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, api: int, size: int
) -> None:
    before, added = os.urandom(size), os.urandom(1000)
    put(session, f"{home}/log", before)
    mount = mount_through(proxy)
    with (mount.path / "log").open("ab") as stream:
        stream.write(added)
        proxy.cut_at(api)
    assert get(session, f"{home}/log") == before + added
    assert [replica.status for replica in session.data_objects.get(f"{home}/log").replicas] == ["1"]


def test_what_was_appended_before_the_answer_was_lost_is_not_appended_again(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"before\n")
    mount = mount_through(proxy)
    with (mount.path / "log").open("ab") as stream:
        stream.write(b"added\n")
        stream.flush()
        proxy.lose_next_reply(CLOSE)
    assert get(session, f"{home}/log") == b"before\nadded\n"


def test_what_others_append_while_the_answer_is_lost_stays_and_nothing_is_twice(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"before\n")
    mount = mount_through(proxy)
    stream = (mount.path / "log").open("ab")
    stream.write(b"ours\n")
    stream.flush()
    put(session, f"{home}/log", b"before\ntheirs\n")
    proxy.lose_next_reply(CLOSE)
    stream.close()
    assert get(session, f"{home}/log") == b"before\ntheirs\nours\n"


@pytest.mark.parametrize("size", [0, 9 * MEGABYTE], ids=["to a small object", "to a large object"])
def test_a_large_append_goes_behind_what_others_have_appended(
    mount: Mount, session: iRODSSession, home: str, size: int
) -> None:
    before, ours = os.urandom(size), os.urandom(13 * MEGABYTE)
    put(session, f"{home}/log", before)
    with (mount.path / "log").open("ab") as stream:
        stream.write(ours[: 5 * MEGABYTE])
        with session.data_objects.open(f"{home}/log", "a") as other:
            other.write(b"theirs")
        stream.write(ours[5 * MEGABYTE :])
    assert get(session, f"{home}/log") == before + b"theirs" + ours
    assert (mount.path / "log").read_bytes() == before + b"theirs" + ours


def test_a_descriptor_reads_on_after_its_bytes_went_behind_others(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"before\n")
    descriptor = os.open(mount.path / "log", os.O_RDWR | os.O_APPEND)
    try:
        os.write(descriptor, b"ours\n")
        put(session, f"{home}/log", b"before\ntheirs\n")
        os.fsync(descriptor)
        assert os.fstat(descriptor).st_size == len(b"before\ntheirs\nours\n")
        os.write(descriptor, b"more\n")
        os.fsync(descriptor)
        assert os.pread(descriptor, 100, 0) == b"before\ntheirs\nours\nmore\n"
    finally:
        os.close(descriptor)
    assert get(session, f"{home}/log") == b"before\ntheirs\nours\nmore\n"


def test_a_log_that_was_rotated_elsewhere_goes_on_in_a_new_file(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/log", b"old\n")
    descriptor = os.open(mount.path / "log", os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, b"also old\n")
        os.fsync(descriptor)
        session.data_objects.move(f"{home}/log", f"{home}/log.1")
        os.write(descriptor, b"new\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    assert get(session, f"{home}/log.1") == b"old\nalso old\n"
    assert get(session, f"{home}/log") == b"new\n"
