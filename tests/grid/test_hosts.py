"""Which servers of a zone are asked for contents, and that connections to all of them keep to the bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
import trio
from irods.exception import HIERARCHY_ERROR, SYS_RESC_IS_DOWN, USER_SOCK_CONNECT_ERR
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.grid import hosts, requests
from irodsfs.grid.errors import TlsFailure, ZoneUnreachable
from irodsfs.grid.hosts import Redirect
from irodsfs.grid.irods_sessions import open_session
from irodsfs.grid.logins import OURS
from irodsfs.grid.zone import Zone
from irodsfs.transfer.reader import Reader
from tests.certificates import make_certificate
from tests.proxy import Proxy
from tests.zones import FAR, EmbeddedZone, FarServer, add_resources

pytestmark = pytest.mark.embedded_zone

HOME = "/tempZone/home/rods"
LARGE = bytes(5 << 20)


@asynccontextmanager
async def entered(
    zone: EmbeddedZone, redirect: Redirect = "auto", connections: int = 8, **settings: object
) -> AsyncIterator[Zone]:
    account = ZoneAccount.model_validate(
        {
            "host": zone.host,
            "port": zone.port,
            "user": zone.user,
            "zone": zone.zone,
            "password": SecretStr(zone.password),
            **settings,
        }
    )
    async with trio.open_nursery() as background:
        entered = await Zone.enter(open_session(account, 60), connections, background, redirect=redirect)
        with trio.fail_after(60):
            yield entered
        await entered.leave()
        background.cancel_scope.cancel()


@pytest.fixture(scope="module")
def far(embedded_zone: EmbeddedZone) -> Iterator[FarServer]:
    with FarServer.beside(embedded_zone) as server:
        add_resources(embedded_zone)
        yield server


@pytest.fixture(scope="module")
def path(embedded_zone: EmbeddedZone, far: FarServer) -> str:
    put(embedded_zone, f"{HOME}/far", "farResc")
    return f"{HOME}/far"


def put(zone: EmbeddedZone, path: str, resource: str) -> None:
    with zone.session() as session, session.data_objects.open(path, "w", destRescName=resource) as stream:
        stream.write(LARGE)


async def test_a_zone_of_one_server_is_asked_for_nothing(tmp_path: Path) -> None:
    with EmbeddedZone.served(tmp_path) as zone, Proxy.before(zone.host, zone.port) as proxy:
        put(zone, f"{HOME}/large", "demoResc")
        async with entered(EmbeddedZone(tmp_path, port=proxy.port, password=zone.password)) as there:
            counted = proxy.count()
            assert (await there.hosts.route(f"{HOME}/large")).hosts == (OURS,)
            assert (await there.hosts.route_of_new(f"{HOME}/new", None)).hosts == (OURS,)
            assert not counted


async def test_resources_that_nobody_knows_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "RENEWED", 0.0)
    with EmbeddedZone.served(tmp_path) as zone:
        async with entered(zone) as there:
            with FarServer.beside(zone):
                add_resources(zone)
                put(zone, f"{HOME}/one", "farResc")
                put(zone, f"{HOME}/other", "demoResc")
                with zone.session() as session:
                    ids = {name: session.resources.get(name).id for name in ("farResc", "demoResc")}
                there.hosts.known_at = lambda path: (ids["farResc" if path.endswith("one") else "demoResc"],)
                route = await there.hosts.route(f"{HOME}/one")
                assert (route.hosts, route.is_relayed) == ((FAR, OURS), True)
                assert (await there.hosts.route(f"{HOME}/other")).hosts == (OURS,)


async def test_connections_to_all_servers_together_keep_to_the_bound(
    embedded_zone: EmbeddedZone, far: FarServer, path: str
) -> None:
    near = f"{HOME}/near"
    put(embedded_zone, near, "demoResc")
    async with entered(embedded_zone, connections=4) as zone:
        readers = [Reader(zone, each, verify=None) for each in (path, near) * 6]

        async def read(reader: Reader) -> None:
            await reader.open()
            assert bytes(await reader.read(0, 100)) == LARGE[:100]

        most = 0
        async with trio.open_nursery() as reading:
            for each in readers:
                reading.start_soon(read, each)
            for _ in range(20):
                await zone.perform(requests.object_stat(near))
                most = max(most, zone.pool.in_use)
        assert most <= 4
        for each in readers:
            await each.close()
        assert connections_of(embedded_zone) <= 4


def connections_of(zone: EmbeddedZone) -> int:
    """How many connections of this process are open at both servers."""
    established = "01"
    ends = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    port = f"{zone.port:04X}"
    own = {int(Path(each).readlink().name[8:-1]) for each in sockets_of_this_process()}
    return sum(end[2].endswith(port) and end[3] == established and int(end[9]) in own for end in ends)


def sockets_of_this_process() -> list[Path]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            is_socket = each.readlink().name.startswith("socket:[")
        except FileNotFoundError:  # that of the directory itself
            continue
        found += [each] if is_socket else []
    return found


async def test_few_connections_are_left_to_our_own_server(embedded_zone: EmbeddedZone, path: str) -> None:
    async with entered(embedded_zone, connections=3) as zone:
        assert (await zone.hosts.route(path)).hosts == (OURS,)


@pytest.mark.parametrize(("redirect", "wanted"), [("on", (FAR,)), ("auto", (FAR, OURS))])
async def test_on_never_falls_back(
    embedded_zone: EmbeddedZone, far: FarServer, path: str, redirect: Redirect, wanted: tuple[str, ...]
) -> None:
    async with entered(embedded_zone, redirect) as zone:
        for _ in range(2):
            assert (await zone.hosts.route(path)).hosts == wanted
            zone.hosts.failed(FAR, ZoneUnreachable("as if"))
            wanted = tuple(host for host in wanted if redirect == "on" or host == OURS)


async def test_a_resource_that_is_down_is_no_fault_of_its_host(
    embedded_zone: EmbeddedZone, far: FarServer, path: str
) -> None:
    async with entered(embedded_zone) as zone:
        with embedded_zone.session() as session:
            session.resources.modify("farResc", "status", "down")
            try:
                with pytest.raises((HIERARCHY_ERROR, SYS_RESC_IS_DOWN)):
                    await Reader(zone, path, verify=None).open()
            finally:
                session.resources.modify("farResc", "status", "up")
        assert (await zone.hosts.route(path)).hosts == (FAR, OURS)


async def test_a_host_that_has_lost_the_catalog_is_blamed(
    embedded_zone: EmbeddedZone, far: FarServer, path: str
) -> None:
    async with entered(embedded_zone) as zone:
        with pytest.raises(ZoneUnreachable), zone.hosts.blamed(FAR):
            raise USER_SOCK_CONNECT_ERR
        assert (await zone.hosts.route(path)).hosts == (OURS,)
        with pytest.raises(USER_SOCK_CONNECT_ERR), zone.hosts.blamed(OURS):
            raise USER_SOCK_CONNECT_ERR


@pytest.mark.parametrize("redirect", ["on", "auto"])
async def test_what_only_a_stopped_server_has_is_an_error_of_its_own(
    embedded_zone: EmbeddedZone, far: FarServer, path: str, redirect: Redirect
) -> None:
    async with entered(embedded_zone, redirect) as zone:
        far.kill()
        try:
            with pytest.raises((ZoneUnreachable, USER_SOCK_CONNECT_ERR)):
                await Reader(zone, path, verify=None).open()
        finally:
            far.start()


@pytest.mark.parametrize(
    ("names", "verified", "is_straight"),
    [
        (("127.0.0.1", FAR), "hostname", True),
        (("127.0.0.1",), "hostname", False),
        (("127.0.0.1",), "cert", True),
    ],
)
async def test_the_certificate_of_the_other_host_is_verified_for_its_own_name(
    tmp_path: Path, names: tuple[str, ...], verified: str, is_straight: bool
) -> None:
    make_certificate(tmp_path / "zone", *names)
    with EmbeddedZone.served(tmp_path, "--negotiation", "CS_NEG_DONT_CARE") as zone, FarServer.beside(zone):
        settings = {
            "client_server_policy": "CS_NEG_REQUIRE",
            "ssl_ca_certificate_file": tmp_path / "zone" / "certificate.pem",
            "ssl_verify_server": verified,
        }
        async with entered(zone, **settings) as there:
            connection = await there.pool.dedicate(None, FAR, OURS)
            assert connection.host == (FAR if is_straight else OURS)
            await there.pool.give_back(connection)
        async with entered(zone, "on", **settings) as there:
            with nullcontext() if is_straight else pytest.raises(TlsFailure):
                await there.pool.give_back(await there.pool.dedicate(None, FAR))


async def test_an_older_zone_does_not_tell_where_new_objects_go(
    embedded_zone: EmbeddedZone, far: FarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with entered(embedded_zone) as zone:
        monkeypatch.setattr(zone, "server_version", (4, 3, 0))
        new = f"{HOME}/new"
        assert (await zone.hosts.route_of_new(new, "farResc")).hosts == (FAR, OURS)
        for resource in (None, "demoResc", "replResc"):
            assert (await zone.hosts.route_of_new(new, resource)).hosts == (OURS,)
        assert (await zone.hosts.route_of_new(new, "farResc")).resource == "farResc"
