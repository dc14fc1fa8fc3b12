from __future__ import annotations

import time

import pytest
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.zone import Zone
from irodsfs.transfer.versions import (
    AT_ONCE,
    RECENT,
    BeingWrittenError,
    ChangedElsewhereError,
    Version,
    digest,
    digest_of,
    require_present,
    require_unchanged,
)
from tests.objects import put

LONG_AGO = 1_000_000_000


async def version_of(zone: Zone, path: str) -> Version:
    (stat,) = await zone.perform(requests.object_stat(path))
    return Version.of_stat(stat)


async def test_digests_tell_contents_apart_whatever_their_size() -> None:
    for size in (0, 1, AT_ONCE + 1):
        assert await digest_of(bytes(size)) == digest(bytes(size))
        assert digest(bytes(size)) != digest(bytes(size + 1))


async def test_a_version_is_what_the_catalog_shows(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    version = await version_of(entered, f"{home}/file")
    known = session.data_objects.get(f"{home}/file")
    assert (version.id, version.size) == (known.id, 7)
    assert version.earliest == version.latest == int(known.modify_time.timestamp())
    assert version.recent
    assert not Version.at(int(time.time()) - 2 * RECENT, size=7, id=1).recent


def test_a_time_that_was_set_is_that_of_the_version() -> None:
    version = Version.at(5, size=7, id=1).dated(2**40)
    assert version.earliest == version.latest == 2**31 - 1
    assert not version.looks_like(Version.at(5, size=7, id=1))
    assert Version.at(5, size=7, id=1).looks_like(Version.at(5, size=7, id=1))


async def test_what_is_still_the_same_may_be_overwritten(entered: Zone, session: iRODSSession, home: str) -> None:
    path = f"{home}/file"
    await require_unchanged(entered, path, None, [])
    put(session, path, b"content")
    await require_unchanged(entered, path, await version_of(entered, path), [])
    await require_unchanged(entered, path, None, [digest(b"content")])


async def test_what_nobody_here_has_seen_may_not(entered: Zone, session: iRODSSession, home: str) -> None:
    path = f"{home}/file"
    put(session, path, b"content")
    seen = await version_of(entered, path)
    put(session, path, b"longer content")
    with pytest.raises(ChangedElsewhereError, match="14 bytes are there now"):
        await require_unchanged(entered, path, seen, [digest(b"content")])
    with pytest.raises(ChangedElsewhereError):
        await require_unchanged(entered, path, None, [])


async def test_a_recent_version_is_compared_by_content(entered: Zone, session: iRODSSession, home: str) -> None:
    path = f"{home}/file"
    put(session, path, b"content")
    seen = await version_of(entered, path)
    put(session, path, b"CONTENT")
    await entered.perform(requests.touch(path, seen.latest))
    assert (await version_of(entered, path)).looks_like(seen), "the catalog can't tell them apart"
    with pytest.raises(ChangedElsewhereError):
        await require_unchanged(entered, path, seen, [digest(b"content")], present=True)


async def test_parts_need_what_they_are_parts_of(entered: Zone, session: iRODSSession, home: str) -> None:
    with pytest.raises(ChangedElsewhereError, match="it is gone"):
        await require_unchanged(entered, f"{home}/file", None, [], present=True)
    with pytest.raises(FileNotFoundError):
        await require_present(entered, f"{home}/file")
    put(session, f"{home}/file", b"content")
    await require_present(entered, f"{home}/file")


async def test_what_is_being_written_is_not_known_yet(entered: Zone, session: iRODSSession, home: str) -> None:
    with session.data_objects.open(f"{home}/file", "w") as stream:
        stream.write(b"con")
        with pytest.raises(BeingWrittenError):
            await require_unchanged(entered, f"{home}/file", None, [])
    put(session, f"{home}/file", b"content")
