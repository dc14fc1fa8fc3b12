from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from irods.message import default_XML_parser, set_default_XML_by_name, string_for_XML_parser

from tests.conftest import MakeMount
from tests.mounts import Mount
from tests.proxy import Proxy
from tests.zones import AnyZone

MountThrough = Callable[..., Mount]


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    """A proxy before the zone, for what goes wrong on the line."""
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@pytest.fixture
def mount_through(make_mount: MakeMount, zone_server: AnyZone) -> MountThrough:
    """Mounts the test's collection through a proxy."""

    def make(proxy: Proxy, *options: str) -> Mount:
        return make_mount(*options, environment_file=zone_server.behind(proxy.port).environment_file())

    return make


@pytest.fixture
def quasi_xml() -> Iterator[None]:
    """Lets python-irodsclient read replies that hold control characters."""
    before = default_XML_parser()
    set_default_XML_by_name("QUASI_XML")
    yield
    set_default_XML_by_name(string_for_XML_parser(before))
