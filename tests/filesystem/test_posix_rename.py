from __future__ import annotations

import pytest
from irods.exception import CAT_COLLECTION_NOT_EMPTY
from irods.session import iRODSSession

from irodsfs.filesystem import posix_rename
from irodsfs.filesystem.posix_rename import in_the_way, steps
from irodsfs.grid.zone import Zone
from tests.objects import get, put


def test_what_must_be_free_besides_the_target() -> None:
    assert in_the_way("/z/a/x", "/z/b/y") == "/z/a/y"
    assert in_the_way("/z/a/x", "/z/b/x") is None
    assert in_the_way("/z/a/x", "/z/a/y") is None


def test_a_detour_goes_over_a_temporary_name_beside_the_target() -> None:
    assert steps("/z/a/x", "/z/b/y", detour=False) == [("/z/a/x", "/z/b/y")]
    (source, between), (again, target) = steps("/z/a/x", "/z/b/y", detour=True)
    assert (source, again, target) == ("/z/a/x", between, "/z/b/y")
    assert between.startswith("/z/b/.irodsfs-moved-")


@pytest.mark.parametrize("name", ["y", "n" * 255])
async def test_a_detour_arrives(entered: Zone, session: iRODSSession, home: str, name: str) -> None:
    for path in ("a", "b"):
        session.collections.create(f"{home}/{path}")
    put(session, f"{home}/a/x", b"content")
    put(session, f"{home}/a/{name}", b"in the way")
    way = steps(f"{home}/a/x", f"{home}/b/{name}", detour=True)
    await posix_rename.move(entered, way, collection=False)
    assert get(session, f"{home}/b/{name}") == b"content"
    assert [each.name for each in session.collections.get(f"{home}/b").data_objects] == [name]
    assert len(session.data_objects.get(f"{home}/b/{name}").metadata.items()) == 0


async def test_an_object_takes_the_place_of_another_one(entered: Zone, session: iRODSSession, home: str) -> None:
    for name in ("old", "new"):
        put(session, f"{home}/{name}", name.encode())
    given: list[bytes] = []

    async def give() -> None:
        given.append(get(session, f"{home}/old"))

    await posix_rename.replace_object(entered, [(f"{home}/new", f"{home}/old")], give)
    assert given == [b"new"]
    assert [each.name for each in session.collections.get(home).data_objects] == ["old"]


async def test_a_collection_that_is_not_empty_comes_back(entered: Zone, session: iRODSSession, home: str) -> None:
    for path in ("new", "old/below"):
        session.collections.create(f"{home}/{path}")
    with pytest.raises(CAT_COLLECTION_NOT_EMPTY):
        await posix_rename.replace_collection(entered, [(f"{home}/new", f"{home}/old")])
    assert session.collections.exists(f"{home}/old/below")
    session.collections.remove(f"{home}/old/below", force=True)
    await posix_rename.replace_collection(entered, [(f"{home}/new", f"{home}/old")])
    assert [each.name for each in session.collections.get(home).subcollections] == ["old"]
