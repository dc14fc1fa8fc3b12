from __future__ import annotations

import pytest
from irods.access import iRODSAccess
from irods.exception import CAT_COLLECTION_NOT_EMPTY
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.collections import children, make_with_parents, read_collection, remove_tree
from irodsfs.grid.zone import Zone
from tests.objects import put


async def test_a_collection_is_read_in_full(entered: Zone, session: iRODSSession, home: str) -> None:
    made = session.collections.create(f"{home}/it's [a] 100%_collection")
    found = await read_collection(entered, made.path)
    assert found is not None
    assert (found.id, found.path, found.parent) == (made.id, made.path, home)
    assert (found.owner, found.owner_zone, found.inherits) == (session.username, session.zone, False)
    assert 0 < found.created <= found.modified
    session.acls.set(iRODSAccess("inherit", made.path))
    again = await read_collection(entered, made.path)
    assert again is not None
    assert again.inherits


async def test_what_is_missing_is_none(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")
    assert await read_collection(entered, f"{home}/missing") is None
    assert await read_collection(entered, f"{home}/file") is None


async def test_children_are_told_by_name_each_once(entered: Zone, session: iRODSSession, home: str) -> None:
    for name in ("b", "a"):
        session.collections.create(f"{home}/{name}/below")
        put(session, f"{home}/{name}.txt", name.encode() * 3)
    collections, objects = await children(entered, home)
    assert [(each.name, each.is_collection, each.size) for each in collections] == [("a", True, 0), ("b", True, 0)]
    assert [(each.name, each.is_collection, each.size) for each in objects] == [
        ("a.txt", False, 3),
        ("b.txt", False, 3),
    ]
    assert all(each.owner == session.username for each in [*collections, *objects])
    assert await children(entered, home, collections=False) == ([], objects)
    assert await children(entered, home, objects=False) == (collections, [])


async def test_the_root_is_not_in_itself(entered: Zone) -> None:
    collections, _ = await children(entered, "/")
    assert entered.name in [each.name for each in collections]
    assert "" not in [each.name for each in collections]


async def test_a_tree_is_made_and_removed(entered: Zone, session: iRODSSession, home: str) -> None:
    await entered.perform(make_with_parents(f"{home}/a/b/c"))
    assert session.collections.exists(f"{home}/a/b/c")
    with pytest.raises(CAT_COLLECTION_NOT_EMPTY):
        await entered.perform(requests.remove_collection(f"{home}/a"))
    await entered.perform(remove_tree(f"{home}/a", trash=False))
    assert not session.collections.exists(f"{home}/a")
