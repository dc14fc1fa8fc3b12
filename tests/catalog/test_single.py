from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.catalog.single import SingleObject
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.fixture
def catalog(entered: Zone, session: iRODSSession, home: str) -> SingleObject:
    put(session, f"{home}/file", b"content")
    put(session, f"{home}/other", b"")
    return SingleObject(entered, 60.0, f"{home}/file")


async def test_the_collection_shows_that_object_alone(catalog: SingleObject, home: str) -> None:
    reading = await catalog.read(home)
    assert await reading.names(0) == ["file"]
    catalog.finished(reading)
    assert (await catalog.find(f"{home}/file")).size == 7
    assert (await catalog.find(home)).is_collection
    assert await catalog.find_if_there(f"{home}/other") is None


async def test_what_is_gone_is_not_shown(catalog: SingleObject, session: iRODSSession, home: str) -> None:
    session.data_objects.unlink(f"{home}/file", force=True)
    assert await catalog.is_empty(home)
