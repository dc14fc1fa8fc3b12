"""Small files that are opened in order are read ahead, and what was read ahead is never taken for what it is not."""

from __future__ import annotations

from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.filesystem.prefetcher import AHEAD, WALK
from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.objects import put
from tests.proxy import Proxy

OPEN = api_number["DATA_OBJ_OPEN_AN"]
PATIENCE = 60
NAMES = [f"file{number:02}" for number in range(WALK + AHEAD + 2)]


def put_all(session: iRODSSession, home: str) -> None:
    for name in NAMES:
        put(session, f"{home}/{name}", f"content of {name}".encode())


def read_in_order(mount: Mount, number: int) -> None:
    for name in NAMES[:number]:
        assert (mount.path / name).read_bytes() == f"content of {name}".encode()


def test_the_next_files_are_read_ahead_once_many_were_opened_in_order(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put_all(session, home)
    mount = mount_through(proxy)
    read_in_order(mount, WALK)
    proxy.await_requests(OPEN, WALK + AHEAD, PATIENCE)
    read_in_order(mount, len(NAMES))


def test_few_files_in_order_are_not_taken_for_a_walk(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put_all(session, home)
    mount = mount_through(proxy)
    for name in NAMES[: WALK - 1]:
        put(session, f"{home}/{name}", b"changed elsewhere")
        assert (mount.path / name).read_bytes() == b"changed elsewhere"
    assert proxy.requests[OPEN] == WALK - 1


def test_no_order_is_no_walk(mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str) -> None:
    put_all(session, home)
    mount = mount_through(proxy)
    for name in reversed(NAMES):
        assert (mount.path / name).read_bytes() == f"content of {name}".encode()
    assert proxy.requests[OPEN] == len(NAMES)


def test_without_caches_every_open_sees_what_is_in_the_zone(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    put_all(session, home)
    mount = make_mount("--cache-timeout", "0")
    for name in NAMES:
        put(session, f"{home}/{name}", b"changed elsewhere")
        assert (mount.path / name).read_bytes() == b"changed elsewhere"


def test_a_walk_sees_what_this_mount_changes_on_the_way(mount: Mount, session: iRODSSession, home: str) -> None:
    put_all(session, home)
    for number, name in enumerate(NAMES):
        later = mount.path / NAMES[min(number + 1, len(NAMES) - 1)]
        later.write_bytes(b"changed here")
        later.with_name("aside").write_bytes(b"moved here")
        later.with_name("aside").rename(later)
        content = (mount.path / name).read_bytes()
        assert content == (b"moved here" if number else f"content of {name}".encode())


def test_a_file_that_goes_away_in_a_walk_is_missing(mount: Mount, session: iRODSSession, home: str) -> None:
    put_all(session, home)
    read_in_order(mount, WALK)
    (mount.path / NAMES[WALK]).unlink()
    assert not (mount.path / NAMES[WALK]).exists()
