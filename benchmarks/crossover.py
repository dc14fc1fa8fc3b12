"""From which size on objects are better moved in parts: `python -m benchmarks.crossover` (`make bench-sizes`).

Prints milliseconds for objects of 256 KiB to 32 MiB of an embedded zone, without and with a delay of the line: moved
whole in one flight; and moved in parts through an open replica, until the last byte and, when read, until the first.
Each is the best of some. Below, from which size on parts are faster: how large an object may be to be moved whole.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trio
from irods.session import iRODSSession
from rich.console import Console
from rich.table import Table

from benchmarks.places import SERVED_FROM
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.reader import Reader
from irodsfs.transfer.upload import Upload, upload
from irodsfs.transfer.writer import Writer
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
SIZES = [256 * KIBIBYTE << doubled for doubled in range(8)]
DELAYS = (0.0, 0.02)
TIMES = 15
PIECE = MEBIBYTE
"""Bytes that the kernel asks for, or hands over, at a time."""

PATH = "/tempZone/home/rods/object"
CONTENT = os.urandom(SIZES[-1])

Way = Callable[[Zone, int], Awaitable[float | None]]
"""Moves an object of some bytes, and may tell when the first of them came."""


async def read_whole(zone: Zone, size: int) -> None:
    assert len(flights.content(await zone.fly(*flights.reading(PATH, size + 1, verify=False)))) == size


async def read_in_parts(zone: Zone, size: int) -> float:
    reader = Reader(zone, PATH, verify=False)
    await reader.open()
    position = len(await reader.read(0, PIECE))
    first = time.perf_counter()
    while piece := await reader.read(position, PIECE):
        position += len(piece)
    await reader.close()
    assert position == size
    return first


async def write_whole(zone: Zone, size: int) -> None:
    patch = Patch(0, size, lambda offset, length: CONTENT[offset : offset + length])
    await upload(zone, Upload(PATH, [patch], size, replace=True))


async def write_in_parts(zone: Zone, size: int) -> None:
    writer = Writer(zone, PATH, flights.opening_flags(replace=True, exclusive=False))
    await writer.open()
    for position in range(0, size, PIECE):
        await writer.write(CONTENT[position : min(size, position + PIECE)])
    await writer.close()


async def measure(way: Way, zone: Zone, size: int) -> tuple[float, float]:
    """Milliseconds until the first byte and until the last."""
    firsts, lasts = [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        first = await way(zone, size)
        lasts.append(time.perf_counter() - began)
        firsts.append(lasts[-1] if first is None else first - began)
    return 1000 * min(firsts), 1000 * min(lasts)


async def compare(zone: Zone, console: Console, title: str) -> None:
    table = Table("size", "read whole", "in parts", "first bytes", "write whole", "in parts", title=title)
    since: dict[str, int | None] = dict.fromkeys(("read to the end", "read to the first byte", "written"))
    for size in SIZES:
        await write_whole(zone, size)
        _, whole_read = await measure(read_whole, zone, size)
        first, read = await measure(read_in_parts, zone, size)
        _, whole_written = await measure(write_whole, zone, size)
        _, written = await measure(write_in_parts, zone, size)
        table.add_row(_text(size), *(f"{each:.1f}" for each in (whole_read, read, first, whole_written, written)))
        for what, faster in zip(since, (read < whole_read, first < whole_read, written < whole_written), strict=True):
            since[what] = (since[what] or size) if faster else None
    console.print(table)
    for what, size in since.items():
        console.print(f"{what}: parts are faster from {'no size' if size is None else _text(size)} on")


def _text(size: int) -> str:
    return f"{size // MEBIBYTE} MiB" if size >= MEBIBYTE else f"{size // KIBIBYTE} KiB"


@contextmanager
def _line(zone: EmbeddedZone, delay: float) -> Iterator[EmbeddedZone]:
    if not delay:
        yield zone
        return
    with Proxy.before(zone.host, zone.port, delay) as proxy:
        yield dataclasses.replace(zone, port=proxy.port)


def main() -> None:
    console = Console(highlight=False, soft_wrap=True)
    with (
        tempfile.TemporaryDirectory(prefix="irodsfs-benchmark-", dir=SERVED_FROM) as directory,
        EmbeddedZone.served(Path(directory)) as zone,
    ):
        for delay in DELAYS:
            with _line(zone, delay) as line, line.session() as session:
                trio.run(_run, session, console, f"milliseconds, {1000 * delay:g} ms round trip added")


async def _run(session: iRODSSession, console: Console, title: str) -> None:
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, 4, background)
        await compare(zone, console, title)
        await zone.leave()
        background.cancel_scope.cancel()


if __name__ == "__main__":
    main()
