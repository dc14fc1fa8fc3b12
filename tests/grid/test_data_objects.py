from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from irods.exception import OVERWRITE_WITHOUT_FORCE_FLAG
from irods.session import iRODSSession

from irodsfs.grid import data_objects
from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.data_objects import checksum_text, read_replicas
from irodsfs.grid.zone import Zone
from tests.objects import get, put


async def test_a_replica_is_read_in_full(entered: Zone, session: iRODSSession, home: str, resource: str) -> None:
    put(session, f"{home}/it's", b"content")
    (replica,) = await read_replicas(entered, f"{home}/it's")
    assert (replica.collection, replica.name, replica.number, replica.size) == (home, "it's", 0, 7)
    assert (replica.owner, replica.owner_zone, replica.status) == (session.username, session.zone, GOOD)
    assert replica.resource == replica.hierarchy.split(";")[-1]
    assert replica.id == session.data_objects.get(f"{home}/it's").id
    assert await read_replicas(entered, f"{home}/missing") == []


@pytest.mark.administrator
async def test_the_replica_to_be_read_first_is_first(
    entered: Zone, session: iRODSSession, home: str, resource: str, other_resource: str
) -> None:
    path = f"{home}/file"
    put(session, path, b"old")
    await entered.perform(data_objects.replicate(path, other_resource))
    assert [(each.number, each.status) for each in await read_replicas(entered, path)] == [(0, GOOD), (1, GOOD)]
    with session.data_objects.open(path, "w", **{"replNum": "1"}) as stream:
        stream.write(b"newer")
    assert [(each.number, each.status) for each in await read_replicas(entered, path)] == [(1, GOOD), (0, STALE)]
    (trimmed,) = await entered.perform(data_objects.trim(path, 0))
    assert trimmed.status == 1
    assert [each.number for each in await read_replicas(entered, path)] == [1]
    session.data_objects.unlink(path, force=True)


async def test_a_checksum_is_registered_and_told(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    (reply,) = await entered.perform(data_objects.checksum(f"{home}/file"))
    expected = f"sha2:{b64encode(hashlib.sha256(b'content').digest()).decode()}"
    assert checksum_text(reply) == expected
    assert [each.checksum for each in await read_replicas(entered, f"{home}/file")] == [expected]


async def test_a_copy_goes_onto_what_exists_only_when_it_shall(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/source", b"content")
    await entered.perform(data_objects.copy(f"{home}/source", f"{home}/target"))
    assert get(session, f"{home}/target") == b"content"
    put(session, f"{home}/source", b"changed")
    with pytest.raises(OVERWRITE_WITHOUT_FORCE_FLAG):
        await entered.perform(data_objects.copy(f"{home}/source", f"{home}/target"))
    await entered.perform(data_objects.copy(f"{home}/source", f"{home}/target", force=True))
    assert get(session, f"{home}/target") == b"changed"
