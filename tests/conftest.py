from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from tests.entering import entered_with
from tests.mounts import Mount
from tests.zones import ZONE, AnyZone, EmbeddedZone, empty_tree

# Whoever starts the tests in the background (nohup, a shell script's `&`) has them ignore SIGINT; every program that
# they start would do so, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.any_zone"]

AddGroup = Callable[..., str]
AddUser = Callable[..., "User"]
IrodsfsCommand = Callable[..., "subprocess.CompletedProcess[str]"]
MakeMount = Callable[..., Mount]


@dataclass(frozen=True)
class User:
    """Another user of the zone."""

    name: str
    password: str
    home: str


@pytest.fixture(scope="module")
def embedded_zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    """An embedded zone in a process of its own, for tests that look into it, stop it or start it in a certain way."""
    with EmbeddedZone.served(tmp_path_factory.mktemp("zone")) as zone:
        yield zone
    assert "Traceback" not in zone.log, zone.log


@pytest.fixture(scope="session")
def shared_zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    """An embedded zone for all tests that would run on any zone: they leave it as others can use it, too."""
    with EmbeddedZone.served(tmp_path_factory.mktemp("zone")) as zone:
        yield zone
    assert "Traceback" not in zone.log, zone.log


@pytest.fixture(scope="module")
def zone_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AnyZone:
    """The zone of IRODSFS_TEST_ENVIRONMENT, else an embedded one; its user's home is there to make things in."""
    zone = request.config.stash.get(ZONE, None)
    if zone is not None:
        return dataclasses.replace(zone, directory=tmp_path_factory.mktemp("zone"))
    here = [item for item in request.session.items if item.path == request.path]
    needs_its_own = any(item.get_closest_marker("embedded_zone") for item in here)
    embedded: EmbeddedZone = request.getfixturevalue("embedded_zone" if needs_its_own else "shared_zone")
    return embedded


@pytest.fixture
def session(zone_server: AnyZone) -> Iterator[iRODSSession]:
    """A plain python-irodsclient session of the zone's user: the other client."""
    with zone_server.session() as session:
        yield session


@pytest.fixture
def administrator(session: iRODSSession) -> iRODSSession:
    """The same session, for what only administrators of a zone may do."""
    return session


@pytest.fixture
def add_user(administrator: iRODSSession) -> Iterator[AddUser]:
    """Makes users of the zone, and removes them at the end with all that they have."""
    added: list[User] = []

    def add(kind: str = "rodsuser", password: str = "open sesame", name: str | None = None) -> User:
        user = User(name or f"u{uuid.uuid4().hex[:8]}", password, "")
        user = dataclasses.replace(user, home=f"/{administrator.zone}/home/{user.name}")
        administrator.users.create(user.name, kind)
        added.append(user)
        if password:
            administrator.users.modify(user.name, "password", password)
        return user

    yield add
    for user in added:
        for home in (user.home, user.home.replace("/home/", "/trash/home/", 1)):
            if administrator.collections.exists(home):  # anonymous has none
                empty_tree(administrator, home)
        administrator.users.remove(user.name)


@pytest.fixture
def add_group(administrator: iRODSSession) -> Iterator[AddGroup]:
    """Makes groups of the members that are named, and removes them at the end."""
    added: list[str] = []

    def add(*members: str) -> str:
        name = f"g{uuid.uuid4().hex[:8]}"
        administrator.groups.create(name)
        added.append(name)
        for member in members:
            administrator.groups.addmember(name, member)
        return name

    yield add
    for name in added:
        administrator.groups.remove(name)


@pytest.fixture
def other_resource(administrator: iRODSSession, zone_server: AnyZone, resource: str) -> Iterator[str]:
    """Another resource, on the same server; it is removed at the end, when what is on it is gone."""
    name = f"r{uuid.uuid4().hex[:8]}"
    host = administrator.resources.get(resource).location
    administrator.resources.create(name, "unixfilesystem", host, f"{zone_server.vaults}/irodsfs-tests-{name}")
    yield name
    administrator.resources.remove(name)


@pytest.fixture
def resource(session: iRODSSession, home: str) -> str:
    """The resource that new data objects go to."""
    path = f"{home}/object"
    session.data_objects.create(path)
    resource: str = session.data_objects.get(path).replicas[0].resource_name
    session.data_objects.unlink(path, force=True)
    return resource


@pytest.fixture
def home(session: iRODSSession, zone_server: AnyZone) -> str:
    """A new, empty collection of its own for each test."""
    path = f"{zone_server.home}/{uuid.uuid4().hex}"
    session.collections.create(path)
    return path


@pytest.fixture
async def entered(session: iRODSSession) -> AsyncIterator[Zone]:
    """The zone as all parts of a mount reach it, which no kernel has to do with."""
    async with entered_with(session) as zone:
        yield zone


@pytest.fixture
def user_directories(tmp_path: Path) -> dict[str, str]:
    """Variables that give a user directories of their own, without any iRODS environment."""
    directories = {"HOME": tmp_path / "home"}
    for kind in ("CONFIG", "CACHE", "STATE"):
        directories[f"XDG_{kind}_HOME"] = tmp_path / kind.lower()
    directories["XDG_RUNTIME_DIR"] = tmp_path / "run"
    for directory in directories.values():
        directory.mkdir(mode=0o700)
    return {name: str(directory) for name, directory in directories.items()}


@pytest.fixture
def user_environment(user_directories: dict[str, str]) -> dict[str, str]:
    """The environment of such a user, for a subprocess."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IRODS", "XDG_", "NOTIFY_"))}
    return kept | user_directories


@pytest.fixture
def irodsfs(user_environment: dict[str, str]) -> IrodsfsCommand:
    """Runs `irodsfs` with the arguments given, as a user of its own without a terminal."""

    def run(
        *arguments: str | Path, env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "irodsfs", *arguments],
            env=user_environment | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def make_mount(
    zone_server: AnyZone, home: str, user_environment: dict[str, str], tmp_path: Path
) -> Iterator[MakeMount]:
    """Mounts the test's collection with the options given; unmounts, and reads the logs, at the end."""
    with ExitStack() as checks, ExitStack() as stops:

        def make(*options: str, collection: str = home, environment_file: Path | None = None) -> Mount:
            mount = Mount(tmp_path / f"mount-{uuid.uuid4().hex[:8]}", collection)
            checks.callback(mount.check_log)
            stops.callback(mount.stop)
            mount.start(environment_file or zone_server.environment_file(), *options, env=user_environment)
            return mount

        yield make


@pytest.fixture
def mount(make_mount: MakeMount) -> Mount:
    """A kernel mount of a new, empty collection."""
    return make_mount()
