from __future__ import annotations

import pytest
from irods.exception import CAT_NO_ACCESS_PERMISSION
from irods.session import iRODSSession

from irodsfs.grid.errors import zone_error
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.landed import has_landed_all_the_same
from tests.objects import put

DONE_PERHAPS = zone_error(-305000)
"""USER_SOCK_CONNECT_ERR: one of several servers is away."""


def whole(content: bytes) -> list[Patch]:
    return [Patch(0, len(content), lambda offset, size: content[offset : offset + size])]


async def test_what_is_registered_with_the_same_bytes_has_landed(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    assert await has_landed_all_the_same(entered, f"{home}/file", 7, whole(b"content"), DONE_PERHAPS)
    part = Patch(3, 5, lambda offset, size: b"te"[offset - 3 : offset - 3 + size])
    assert await has_landed_all_the_same(entered, f"{home}/file", 7, [part], DONE_PERHAPS)


@pytest.mark.parametrize(("there", "size"), [(b"CONTENT", 7), (b"content, and more", 7), (b"conten", 7), (None, 7)])
async def test_other_bytes_or_none_have_not(
    entered: Zone, session: iRODSSession, home: str, there: bytes | None, size: int
) -> None:
    if there is not None:
        put(session, f"{home}/file", there)
    assert not await has_landed_all_the_same(entered, f"{home}/file", size, whole(b"content"), DONE_PERHAPS)


async def test_what_the_zone_has_refused_is_not_looked_for(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    error = CAT_NO_ACCESS_PERMISSION("no")
    assert not await has_landed_all_the_same(entered, f"{home}/file", 7, whole(b"content"), error)


async def test_what_is_being_written_has_not(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    with session.data_objects.open(f"{home}/file", "r+") as stream:
        stream.write(b"content")
        assert not await has_landed_all_the_same(entered, f"{home}/file", 7, whole(b"content"), DONE_PERHAPS)
