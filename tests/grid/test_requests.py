from __future__ import annotations

import os

import pytest
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.error_kinds import is_taken
from irodsfs.grid.requests import EARLIEST, LATEST
from irodsfs.grid.zone import Zone
from tests.objects import get, put


async def test_an_object_is_made_written_and_read_in_one_flight_each(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    path = f"{home}/file"
    making = [
        requests.open_object(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL),
        requests.write(FIRST_DESCRIPTOR, b"content"),
        requests.close(FIRST_DESCRIPTOR),
    ]
    opened, written, _ = await entered.perform(*making)
    assert (opened.status, written.status) == (FIRST_DESCRIPTOR, 7)
    assert get(session, path) == b"content"
    _, _, got, _ = await entered.perform(
        requests.open_object(path, os.O_RDONLY),
        requests.seek(FIRST_DESCRIPTOR, 3),
        requests.read(FIRST_DESCRIPTOR, 100),
        requests.close(FIRST_DESCRIPTOR),
    )
    assert bytes(got.bs) == b"tent"
    (refused,) = await entered.fly(making[0])
    assert is_taken(refused.failure())


@pytest.mark.parametrize("size", [3, 0, 12])
async def test_an_object_is_cut_and_extended(entered: Zone, session: iRODSSession, home: str, size: int) -> None:
    put(session, f"{home}/file", b"content")
    await entered.perform(requests.truncate(f"{home}/file", size, replica=entered.can_truncate_replicas))
    assert get(session, f"{home}/file") == b"content".ljust(size, b"\0")[:size]


async def test_names_are_made_moved_and_removed(entered: Zone, session: iRODSSession, home: str) -> None:
    await entered.perform(requests.make_collection(f"{home}/a"))
    put(session, f"{home}/a/file", b"content")
    await entered.perform(
        requests.rename(f"{home}/a", f"{home}/b", collection=True),
        requests.rename(f"{home}/b/file", f"{home}/b/other", collection=False),
    )
    assert get(session, f"{home}/b/other") == b"content"
    await entered.perform(requests.unlink(f"{home}/b/other"), requests.remove_collection(f"{home}/b"))
    assert not session.collections.exists(f"{home}/b")


async def test_what_is_unlinked_goes_into_the_trash_only_when_it_shall(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    kept = f"{home}/kept".replace("/home/", "/trash/home/", 1)
    for name, trash in (("gone", False), ("kept", True)):
        put(session, f"{home}/{name}", b"content")
        await entered.perform(requests.unlink(f"{home}/{name}", trash=trash))
    assert session.data_objects.exists(kept)
    assert not session.data_objects.exists(kept.replace("/kept", "/gone"))
    session.data_objects.unlink(kept, force=True)


@pytest.mark.parametrize(("asked", "kept"), [(5, 5), (0, EARLIEST), (-5, EARLIEST), (LATEST + 5, LATEST)])
async def test_a_time_is_as_near_as_servers_take_it(
    entered: Zone, session: iRODSSession, home: str, asked: int, kept: int
) -> None:
    put(session, f"{home}/file", b"")
    await entered.perform(requests.touch(f"{home}/file", asked))
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == kept


async def test_what_is_missing_is_not_made_by_a_touch(entered: Zone, session: iRODSSession, home: str) -> None:
    await entered.fly(requests.touch(f"{home}/missing", 5))
    assert not session.data_objects.exists(f"{home}/missing")
