"""AVUs of the entries of a collection, fetched together where that is worth it."""

from __future__ import annotations

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.catalog import avus
from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.grid.metadata import Avu
from irodsfs.grid.zone import Zone
from tests.objects import put

BELIEVED = 60.0


@pytest.mark.parametrize("limit", [1, 3])
async def test_more_than_are_worth_it_are_read_for_each_entry_alone(
    session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(avus, "SIBLING_AVUS", limit)
    for name in ("a", "b", "c"):
        put(session, f"{home}/{name}", b"")
        session.data_objects.get(f"{home}/{name}").metadata.add("colour", name)
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, 2, background)
        catalog = Catalog(zone, BELIEVED)
        catalog.finished(await catalog.read(home))
        subject = Avus(zone, catalog, BELIEVED)
        for name in ("a", "b", "c"):
            assert await subject.of(f"{home}/{name}") == [Avu("colour", name)]
        await zone.leave()
