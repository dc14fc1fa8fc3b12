from __future__ import annotations

import errno

import pytest
from irods.exception import CAT_COLLECTION_NOT_EMPTY, iRODSException
from irods.session import iRODSSession

from irodsfs.filesystem.namespace import check_length
from irodsfs.filesystem.parts import Parts
from tests.mounts import fails
from tests.objects import put


def test_lengths_are_in_bytes() -> None:
    check_length("/z/" + "n" * 255)
    for path in ("/z/" + "ü" * 128, "/z" + "/name" * 205):
        with fails(errno.ENAMETOOLONG):
            check_length(path)


async def test_collections_are_made_and_removed(parts: Parts, session: iRODSSession, home: str) -> None:
    await parts.tree.make_collection(f"{home}/dir")
    assert session.collections.exists(f"{home}/dir")
    put(session, f"{home}/dir/file", b"")
    with pytest.raises(CAT_COLLECTION_NOT_EMPTY):
        await parts.tree.remove_collection(f"{home}/dir")
    session.data_objects.unlink(f"{home}/dir/file", force=True)
    await parts.tree.remove_collection(f"{home}/dir")
    assert not session.collections.exists(f"{home}/dir")
    assert await parts.caches.catalog.find_if_there(f"{home}/dir") is None


async def test_what_is_believed_makes_no_call_fail(parts: Parts, session: iRODSSession, home: str) -> None:
    catalog = parts.caches.catalog
    assert await catalog.find_if_there(f"{home}/file") is None
    put(session, f"{home}/file", b"")
    with pytest.raises(FileNotFoundError):
        await parts.tree.remove_object(f"{home}/missing")
    catalog.changed_elsewhere(f"{home}/file")
    await catalog.find(f"{home}/file")
    session.data_objects.unlink(f"{home}/file", force=True)
    session.collections.create(f"{home}/file")
    with pytest.raises(IsADirectoryError):
        await parts.tree.remove_object(f"{home}/file")
    await parts.tree.remove_collection(f"{home}/file")


async def test_a_name_that_is_taken_is_told(parts: Parts, session: iRODSSession, home: str) -> None:
    assert await parts.caches.catalog.find_if_there(f"{home}/dir") is None
    session.collections.create(f"{home}/dir")
    with pytest.raises(iRODSException):
        await parts.tree.make_collection(f"{home}/dir")
    assert (await parts.caches.catalog.find(f"{home}/dir")).is_collection


async def test_names_that_no_server_looks_up_are_refused(parts: Parts, home: str) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        await parts.tree.check_new(home, f"{home}/it's && more")
