from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from irods.session import iRODSSession

from irodsfs.grid.links import AT_ONCE, Links, Version, told_by_checksum
from irodsfs.grid.zone import Zone
from tests.objects import put


def test_a_checksum_tells_what_an_object_holds() -> None:
    checksum = f"sha2:{b64encode(hashlib.sha256('zü'.encode()).digest()).decode()}"
    assert told_by_checksum("zü", checksum)
    assert not told_by_checksum("other", checksum)


@pytest.mark.parametrize("checksum", ["", hashlib.md5(b"x", usedforsecurity=False).hexdigest(), "sha1:x"])
def test_other_checksums_tell_nothing(checksum: str) -> None:
    assert not told_by_checksum("x", checksum)


async def test_each_version_is_read_once(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/link", b"target")
    put(session, f"{home}/other", b"target, and more")
    flown: list[int] = []

    async def fly(requests: object) -> object:
        flown.append(len(requests))  # type: ignore[arg-type]
        return await entered.fly(*requests, repeat=True)  # type: ignore[misc]

    links = Links(fly)  # type: ignore[arg-type]
    claimed = [(f"{home}/{name}", Version(number, 1, "target")) for number, name in enumerate(("link", "other", "no"))]
    assert await links.confirm(claimed) == [True, False, False]
    assert await links.confirm(claimed[::-1]) == [False, False, True]
    assert flown == [9], "open, read and close of each, in one flight"
    changed = (f"{home}/link", Version(0, 2, "elsewhere"))
    assert await links.confirm([changed]) == [False]
    assert len(flown) == 2


async def test_very_many_are_read_in_several_flights(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/link", b"target")
    claimed = [(f"{home}/link", Version(number, 1, "target")) for number in range(AT_ONCE + 1)]
    assert await entered.links.confirm(claimed) == [True] * len(claimed)
