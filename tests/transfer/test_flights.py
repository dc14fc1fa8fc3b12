from __future__ import annotations

import os

import pytest
from irods.exception import OBJ_PATH_DOES_NOT_EXIST
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.flights import Patch, content, opening_flags, range_content, reading, reading_range, writing
from irodsfs.transfer.versions import Version
from tests.objects import get, put


def of(data: bytes, start: int, end: int) -> Patch:
    return Patch(start, end, lambda offset, size: data[offset : offset + size])


def test_a_patch_comes_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "CHUNK", 4)
    assert list(of(b"0123456789ab", 1, 11).chunks()) == [b"1234", b"5678", b"9a"]


async def test_an_object_is_read_in_one_flight(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    assert bytes(content(await entered.fly(*reading(f"{home}/file", 100, stat=False)))) == b"content"
    stat, *replies = await entered.fly(*reading(f"{home}/file", 4, stat=True))
    assert Version.of_stat(stat).size == 7
    assert bytes(content([stat, *replies])) == b"cont"
    assert bytes(range_content(await entered.fly(*reading_range(f"{home}/file", 3, 100)))) == b"tent"
    missing = await entered.fly(*reading(f"{home}/missing", 4, stat=False))
    with pytest.raises(OBJ_PATH_DOES_NOT_EXIST):
        content(missing)


@pytest.mark.parametrize(
    ("create", "replace", "before", "after"),
    [(True, False, None, b"\0\0AB\0\0\0CD"), (False, True, b"old", b"\0\0AB\0\0\0CD"), (False, False, b"old", None)],
)
async def test_patches_go_where_they_belong(
    entered: Zone, session: iRODSSession, home: str, create: bool, replace: bool, before: bytes | None, after: bytes
) -> None:
    path, data = f"{home}/file", b"..AB...CD"
    if before is not None:
        put(session, path, before)
    flags = opening_flags(create=create, replace=replace)
    patches = [of(data, 2, 4), of(data, 7, 9)]
    await entered.perform(*writing(path, flags, patches, resource=None, checksum=None))
    assert get(session, path) == (after or b"olAB\0\0\0CD")


def test_what_exists_is_never_opened_as_if_it_were_made() -> None:
    assert opening_flags(create=True, replace=False) & os.O_EXCL
    for replace in (False, True):
        assert not opening_flags(create=False, replace=replace) & os.O_CREAT
