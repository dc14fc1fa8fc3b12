from __future__ import annotations

import posixpath

import pytest
from irods.session import iRODSSession

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem import prefetcher as module
from irodsfs.filesystem.prefetcher import AHEAD, WALK, Prefetcher
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from tests.objects import put

NAMES = [f"{number:02}" for number in range(WALK + AHEAD)]


@pytest.fixture(autouse=True)
def _stays_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr(module, "FRESH", 60.0)


async def prepared(zone: Zone, session: iRODSSession, home: str, *, enabled: bool = True) -> tuple[Catalog, Prefetcher]:
    for name in NAMES:
        put(session, f"{home}/{name}", name.encode())
    catalog = Catalog(zone, 60.0, home)
    reading = await catalog.read(home)
    await reading.names(0)
    catalog.finished(reading)
    return catalog, Prefetcher(zone, catalog, verify=None, enabled=enabled, clock=lambda: 0.0)


async def taken(catalog: Catalog, prefetcher: Prefetcher, home: str) -> dict[str, bytes]:
    """What of all files, opened in order, was there before."""
    found = {}
    for name in NAMES:
        replies = await prefetcher.take(await catalog.find(posixpath.join(home, name)))
        if replies is not None:
            found[name] = bytes(flights.content(replies))
    return found


async def test_who_opens_in_order_is_read_ahead_of(entered: Zone, session: iRODSSession, home: str) -> None:
    found = await taken(*await prepared(entered, session, home), home)
    assert found == {name: name.encode() for name in NAMES[WALK:]}


async def test_where_nothing_is_believed_nothing_is_read_ahead(entered: Zone, session: iRODSSession, home: str) -> None:
    assert await taken(*await prepared(entered, session, home, enabled=False), home) == {}


async def test_what_this_mount_changes_is_not_taken(entered: Zone, session: iRODSSession, home: str) -> None:
    catalog, prefetcher = await prepared(entered, session, home)
    for name in NAMES[:WALK]:
        assert await prefetcher.take(await catalog.find(f"{home}/{name}")) is None
    prefetcher.forget(f"{home}/{NAMES[WALK]}")
    for name, is_there in ((NAMES[WALK], False), (NAMES[WALK + 1], True)):
        assert (await prefetcher.take(await catalog.find(f"{home}/{name}")) is not None) is is_there
