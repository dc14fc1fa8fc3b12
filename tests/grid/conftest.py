from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from irodsfs.grid.zone import Zone
from tests.entering import entered_with
from tests.proxy import Proxy
from tests.zones import AnyZone


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    """A proxy before the zone, for what goes wrong on the line."""
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@pytest.fixture
async def entered_through(zone_server: AnyZone, proxy: Proxy) -> AsyncIterator[Zone]:
    """The zone as a mount reaches it through the proxy."""
    with zone_server.behind(proxy.port).session() as session:
        async with entered_with(session) as zone:
            yield zone
