from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from irods.message import default_XML_parser, set_default_XML_by_name, string_for_XML_parser

from tests.conftest import MakeMount
from tests.mounts import Mount
from tests.proxy import Proxy
from tests.zones import Zone

MountThrough = Callable[..., Mount]


@pytest.fixture
def proxy(zone_server: Zone) -> Iterator[Proxy]:
    """A proxy before the zone, for what goes wrong on the line."""
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@pytest.fixture
def mount_through(make_mount: MakeMount, zone_server: Zone, tmp_path: Path) -> MountThrough:
    """Mounts the test's collection through a proxy."""

    def make(proxy: Proxy, *options: str) -> Mount:
        environment = zone_server.environment_file()
        through = tmp_path / "through-proxy"
        through.mkdir(mode=0o700)
        shutil.copy2(environment.with_name(".irodsA"), through)
        settings = json.loads(environment.read_text()) | {"irods_port": proxy.port}
        (through / environment.name).write_text(json.dumps(settings))
        return make_mount(*options, environment_file=through / environment.name)

    return make


@pytest.fixture
def quasi_xml() -> Iterator[None]:
    """Lets python-irodsclient read replies that hold control characters."""
    before = default_XML_parser()
    set_default_XML_by_name("QUASI_XML")
    yield
    set_default_XML_by_name(string_for_XML_parser(before))
