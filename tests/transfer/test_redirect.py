"""On a grid of two servers, large objects go straight to the one that has them, and nothing is lost when it is away."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio
from irods.api_number import api_number
from irods.models import DataObject

from irodsfs.grid.catalog_entries import find
from irodsfs.grid.hosts import Redirect
from irodsfs.grid.zone import Zone
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from tests.proxy import Proxy
from tests.zones import EmbeddedZone, FarServer, add_resources

pytestmark = [pytest.mark.embedded_zone, pytest.mark.readable_line]

NEAR, FAR, FARTHER = "127.0.0.4", "127.0.0.3", "127.0.0.2"
SIZE = 24 << 20
CONTENT = random.Random(16).randbytes(SIZE)
HOME = "/tempZone/home/rods"
PIECE = 1 << 20
OPEN, READ, SEEK = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "READ", "LSEEK"))


@dataclass
class Grid:
    """A zone with two servers, each behind a proxy; the first one is `near`, and the other has `farResc`."""

    zone: EmbeddedZone
    far_server: FarServer
    near: Proxy
    far: Proxy
    objects: dict[str, str]

    def count(self) -> None:
        self.near.count()
        self.far.count()

    @asynccontextmanager
    async def entered(self, redirect: Redirect = "auto", connections: int = 8) -> AsyncIterator[Zone]:
        with replace(self.zone, host=NEAR).session() as session:
            session.connection_timeout = 60
            async with trio.open_nursery() as background:
                zone = await Zone.enter(session, connections, background, redirect=redirect)
                self.count()
                yield zone
                await zone.leave()
                background.cancel_scope.cancel()


@pytest.fixture(scope="module")
def grid(embedded_zone: EmbeddedZone) -> Iterator[Grid]:
    """What is on `farResc` lies behind a proxy, for the zone's first server, too."""
    zone = embedded_zone
    with (
        FarServer.beside(zone, FAR, FARTHER) as server,
        Proxy.before(zone.host, zone.port, at=(NEAR, zone.port)) as near,
        Proxy.before(FARTHER, zone.port, at=(FAR, zone.port)) as far,
    ):
        add_resources(zone, FAR, NEAR)
        objects = {}
        with zone.session() as session:
            for resource in ("demoResc", "farResc", "replResc"):
                objects[resource] = f"{HOME}/{resource}"
                with session.data_objects.open(objects[resource], "w", destRescName=resource) as stream:
                    stream.write(CONTENT)
        yield Grid(zone, server, near, far, objects)


@pytest.fixture(autouse=True)
def far_is_there(grid: Grid) -> None:
    if not grid.far_server.is_alive:
        grid.far_server.start()


async def read_all(zone: Zone, path: str, spool: Path, *, known: bool = True) -> bytes:
    """The content, read in order; where the replicas are is `known` from what was listed, or has to be asked."""
    entry = await find(zone, path)
    assert entry is not None
    zone.hosts.known_at = lambda _: entry.resources if known else ()
    subject = OpenFile(zone, Spool(spool), path, entry.size, TransferOptions())
    content = bytearray()
    await subject.refresh()
    while piece := await subject.read(len(content), PIECE):
        content += piece
    await subject.close()
    return bytes(content)


@pytest.mark.parametrize("known", [True, False])
async def test_reading_goes_straight_to_the_server_that_has_it(grid: Grid, tmp_path: Path, known: bool) -> None:
    async with grid.entered() as zone:
        assert await read_all(zone, grid.objects["farResc"], tmp_path, known=known) == CONTENT
        assert grid.far.bytes > SIZE
        assert grid.near.bytes < PIECE
        grid.count()
        # The connection is kept.
        assert await read_all(zone, grid.objects["farResc"], tmp_path) == CONTENT
        assert grid.far.connections == 0
        assert grid.far.bytes > SIZE


async def test_off_reads_by_relay_in_larger_requests(grid: Grid, tmp_path: Path) -> None:
    """So does `auto`, when a server can't be reached."""
    for redirect in ("off", "auto"):
        async with grid.entered(redirect) as zone:
            zone.hosts.failed(FAR, ConnectionRefusedError("as if"))
            assert await read_all(zone, grid.objects["farResc"], tmp_path) == CONTENT
            assert grid.near.bytes > SIZE
            relayed = grid.near.requests[READ]
            grid.count()
            assert await read_all(zone, grid.objects["demoResc"], tmp_path) == CONTENT
            assert relayed < grid.near.requests[READ]


async def test_what_is_here_and_what_is_small_costs_no_request_more(grid: Grid, tmp_path: Path) -> None:
    small = f"{HOME}/{uuid.uuid4().hex}"
    with grid.zone.session() as session, session.data_objects.open(small, "w", destRescName="farResc") as stream:
        stream.write(b"small")
    counts = []
    for redirect in ("auto", "off"):
        async with grid.entered(redirect) as zone:
            assert await read_all(zone, grid.objects["demoResc"], tmp_path) == CONTENT
            assert await read_all(zone, small, tmp_path) == b"small"
            assert grid.far.requests[OPEN] == 1  # by our server, for the small one
            counts.append({api: number for api, number in grid.near.requests.items() if api not in (READ, SEEK)})
    assert counts[0] == counts[1]


async def write(zone: Zone, path: str, spool: Path, options: TransferOptions, content: bytes, *, piece: int) -> None:
    subject = OpenFile.new(zone, Spool(spool), path, options)
    for start in range(0, len(content), piece):
        await subject.write(start, content[start : start + piece])
    await subject.flush()
    await subject.close()


@pytest.mark.parametrize("piece", [PIECE, SIZE], ids=["streamed", "at once"])
async def test_new_objects_are_written_to_the_server_of_their_resource(grid: Grid, tmp_path: Path, piece: int) -> None:
    async with grid.entered() as zone:
        path = f"{HOME}/{uuid.uuid4().hex}"
        await write(zone, path, tmp_path, TransferOptions("farResc", "tempZone"), CONTENT, piece=piece)
        assert grid.far.bytes > SIZE
        assert grid.near.bytes < PIECE
        assert placed(grid, path) == [("farResc", "1")]
        path = f"{HOME}/{uuid.uuid4().hex}"
        grid.count()
        await write(zone, path, tmp_path, TransferOptions(), CONTENT, piece=piece)
        assert grid.near.bytes > SIZE
        assert grid.far.bytes < PIECE
        assert placed(grid, path) == [("demoResc", "1")]


async def test_what_exists_is_written_where_it_is(grid: Grid, tmp_path: Path) -> None:
    path = f"{HOME}/{uuid.uuid4().hex}"
    with grid.zone.session() as session, session.data_objects.open(path, "w", destRescName="farResc") as stream:
        stream.write(CONTENT)
    async with grid.entered() as zone:
        subject = OpenFile(zone, Spool(tmp_path), path, SIZE, TransferOptions())
        await subject.truncate(0)
        for start in range(0, SIZE, PIECE):
            await subject.write(start, CONTENT[-SIZE:][::-1][start : start + PIECE])
        await subject.flush()
        await subject.close()
        assert grid.far.bytes > SIZE
        assert grid.near.bytes < PIECE
        assert await read_all(zone, path, tmp_path) == CONTENT[::-1]
    assert placed(grid, path) == [("farResc", "1")]


def placed(grid: Grid, path: str) -> list[tuple[str, str]]:
    with grid.zone.session() as session:
        query = session.query(DataObject.resource_name, DataObject.replica_status)
        rows = query.filter(DataObject.name == path.rsplit("/", 1)[1]).all()
        return sorted((row[DataObject.resource_name], row[DataObject.replica_status]) for row in rows)


async def test_a_host_that_can_not_be_reached_is_tried_once(
    grid: Grid, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with grid.entered() as zone:
        refused_here = zone.pool.logins.at

        async def only_ours(host: str, most: float = 60) -> object:
            return await refused_here("127.0.0.9" if host else host, most)

        zone.pool.logins.at = only_ours  # type: ignore[method-assign, assignment]
        for _ in range(2):
            assert await read_all(zone, grid.objects["farResc"], tmp_path) == CONTENT
            assert grid.near.bytes > SIZE
            grid.count()
    told = [record for record in caplog.records if FAR in record.getMessage() and record.levelno >= logging.INFO]
    assert len(told) == 1


async def test_another_replica_goes_on_in_the_middle_of_a_read(grid: Grid, tmp_path: Path) -> None:
    path = grid.objects["replResc"]
    with nearer_far_server(grid):
        async with grid.entered() as zone:
            subject = OpenFile(zone, Spool(tmp_path), path, SIZE, TransferOptions())
            await subject.refresh()
            content = bytearray()
            while len(content) < SIZE // 2:
                content += await subject.read(len(content), PIECE)
            assert grid.far.bytes > SIZE // 2
            grid.far_server.kill()
            while piece := await subject.read(len(content), PIECE):
                content += piece
            assert bytes(content) == CONTENT
            await subject.close()


@contextmanager
def nearer_far_server(grid: Grid) -> Iterator[None]:
    """The way to the first server is the longer one."""
    grid.near.delay = 0.02
    try:
        yield
    finally:
        grid.near.delay = 0.0


async def test_a_frozen_server_is_left_for_another_replica(grid: Grid, tmp_path: Path) -> None:
    path = grid.objects["replResc"]
    with nearer_far_server(grid):
        async with grid.entered() as zone:
            assert await read_all(zone, path, tmp_path) == CONTENT
            assert grid.far.bytes > SIZE
            with grid.far_server.frozen(), trio.fail_after(30):
                assert await read_all(zone, path, tmp_path) == CONTENT


async def test_on_does_without_the_relay(grid: Grid, tmp_path: Path) -> None:
    async with grid.entered("on") as zone:
        assert await read_all(zone, grid.objects["farResc"], tmp_path) == CONTENT
        assert grid.near.bytes < PIECE
