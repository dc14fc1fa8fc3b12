from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from irods.session import iRODSSession

from tests.control.sockets import connected
from tests.mounts import Mount
from tests.zones import AnyZone


@pytest.fixture(scope="module")
def mounted_zone(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mount]:
    """A mount of the whole zone, for all tests of a module."""
    directory = tmp_path_factory.mktemp("mounted")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IRODS", "XDG_", "NOTIFY_"))}
    own = {}
    for kind in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        (directory / kind).mkdir(0o700)
        own[f"XDG_{kind}"] = str(directory / kind)
    mount = Mount(directory / "mount", f"/{zone_server.zone}")
    mount.start(zone_server.environment_file(), env=kept | own | {"HOME": str(directory)})
    try:
        yield mount
    finally:
        mount.stop()
    mount.check_log()


@pytest.fixture(scope="module")
def control(mounted_zone: Mount) -> Iterator[httpx.Client]:
    """A client of the mount's control socket, found as users find it."""
    with connected(os.getxattr(mounted_zone.path, "irods.control").decode()) as client:
        yield client


@pytest.fixture
def shared(session: iRODSSession, home: str) -> str:
    """A collection in the test's own."""
    path = f"{home}/shared"
    session.collections.create(path)
    return path
