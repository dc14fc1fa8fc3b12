"""Reading a large file of a grid of two servers with a long line between them: straight, and by relay."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.mounted import run
from benchmarks.sizes import MEGABYTE
from tests.mounts import Mount
from tests.proxy import Proxy
from tests.zones import FAR, EmbeddedZone, FarServer, add_resources

BETWEEN, BEFORE_FIRST = "127.0.0.3", "127.0.0.4"
"""Where proxies play the line between the servers, and that of clients to the first one."""

SIZE = 64 * MEGABYTE
DELAY = 0.01
"""Seconds of a round trip between the servers."""

TIMES = 5
WAYS = {"straight": "auto", "by relay": "off"}


def compare(console: Console, directory: Path) -> None:
    """Shows the best seconds of each way, for clients beside the first server, and for those beside the other one."""
    title = f"{SIZE // MEGABYTE} MiB on the second of two servers, {DELAY * 1000:g} ms between them"
    table = Table("client beside", "way", title=title, title_justify="left")
    for heading in ("seconds", "a second", "times"):
        table.add_column(heading, justify="right")
    for beside, is_beside_first in (("the first server", True), ("the second one", False)):
        place = directory / str(is_beside_first)
        place.mkdir(parents=True)
        with grid(place, is_beside_first=is_beside_first) as zone:
            seconds = {way: seconds_to_read(zone, redirect) for way, redirect in WAYS.items()}
        for way, taken in seconds.items():
            rate = f"{SIZE / MEGABYTE / taken:.0f} MB"
            table.add_row(beside, way, f"{taken:.2f}", rate, f"{seconds['by relay'] / taken:.1f}")
    console.print(table)


@contextmanager
def grid(directory: Path, *, is_beside_first: bool) -> Iterator[EmbeddedZone]:
    """A zone of two servers as a client sees it; `large` and `other` lie on the second one."""
    with ExitStack() as stack:
        zone = stack.enter_context(EmbeddedZone.served(directory))
        location = BETWEEN if is_beside_first else FAR
        stack.enter_context(FarServer.beside(zone, location, FAR))
        stack.enter_context(Proxy.before(FAR, zone.port, DELAY, at=(BETWEEN, zone.port)))
        if not is_beside_first:
            # Only the first server goes to the second one over the long line.
            (directory / "zone" / "servers" / FAR).write_text(f"{BETWEEN}:{zone.port}")
            stack.enter_context(Proxy.before(zone.host, zone.port, DELAY, at=(BEFORE_FIRST, zone.port)))
        add_resources(zone, location, "" if is_beside_first else BEFORE_FIRST)
        with zone.session() as session:
            for name in ("large", "other"):
                with session.data_objects.open(f"{zone.home}/{name}", "w", destRescName="farResc") as file:
                    file.write(os.urandom(SIZE))
        yield zone if is_beside_first else replace(zone, host=BEFORE_FIRST, process=None)


def seconds_to_read(zone: EmbeddedZone, redirect: str) -> float:
    """The best of some times, on mounts that have read another file before: connections are kept."""
    return min(_read(zone, redirect) for _ in range(TIMES))


def _read(zone: EmbeddedZone, redirect: str) -> float:
    mount = Mount(zone.directory / f"mount-{time.monotonic_ns()}", zone.home)
    mount.start(zone.environment_file(), "--redirect", redirect, env=dict(os.environ))
    try:
        run("cat", mount.path / "other")
        began = time.monotonic()
        run("dd", f"if={mount.path / 'large'}", "of=/dev/null", "bs=1M", "status=none")
        return time.monotonic() - began
    finally:
        mount.stop()
