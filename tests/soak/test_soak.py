"""A mount under a mixed load, on a zone that answers nonsense now and then, keeps nothing of it.

`make soak` does that for twenty minutes, and prints what it sees; here it is a minute. The load comes in rounds:
between them nothing is open, and what the mount takes then is compared with what it took after the first ones.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
import tenacity

from irodsfs.sandbox.protocol.wire import Message
from tests.conftest import MakeMount
from tests.control.sockets import connected
from tests.hostile_zone import HostileZone, Lie
from tests.mounts import Mount
from tests.soak import programs
from tests.zones import AnyZone

SECONDS = float(os.environ.get("IRODSFS_SOAK_SECONDS", "40"))
ROUNDS = 4 if SECONDS < 300 else 12
WARMING_UP = ROUNDS // 4 + 1
"""Rounds after which the mount is compared with itself."""

OPEN_FILES = 500 if SECONDS >= 300 else 300
READERS = 50
LARGE_FILES = 8
PROGRAMS = 4
CONNECTIONS = 8
MEGABYTE = 1 << 20

OBJECT_STAT, QUERY, READ, OPEN = 633, 702, 675, 602
ONE_IN = 2_000
"""How many answers there are to one that is nonsense."""

OF_ITS_OWN = 48 * MEGABYTE
"""By which memory may grow at all, for what is believed of the zone, and what was loaded when it was used first."""

GROWTH = 1.10
"""By which memory may grow after warming up."""

MORE_DESCRIPTORS = 4
"""By which threads and descriptors may differ: some end a moment later."""


@dataclass(frozen=True)
class Seen:
    """What a mount takes at a moment."""

    requests: int
    resident: int
    threads: int
    descriptors: int
    connections: int
    open_files: int
    held: int

    @classmethod
    def of(cls, mount: Mount) -> Seen:
        assert mount.process is not None
        with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
            metrics = control.get("/metrics").text
            status = control.get("/status").json()
        kernel = Path(f"/proc/{mount.process.pid}/status").read_text("ascii")
        counted = re.findall(r"^irodsfs_operation_seconds_count\S* (\S+)$", metrics, re.M)
        return cls(
            requests=int(sum(map(float, counted))),
            resident=int(_number(r"VmRSS:\s+(\d+)", kernel)) * 1024,
            threads=int(_number(r"Threads:\s+(\d+)", kernel)),
            descriptors=int(_number(r"^process_open_fds (\S+)$", metrics)),
            connections=status["connections"],
            open_files=status["openFiles"],
            held=status["memoryUsed"],
        )

    def row(self, label: str) -> str:
        numbers = (self.resident / MEGABYTE, self.threads, self.descriptors, self.connections, self.open_files)
        cells = "".join(f"{number:>10.0f}" for number in numbers)
        return f"{label:<12}{self.requests:>12}{cells}{self.held / MEGABYTE:>10.1f}\n"


HEADER = (
    "            "
    + f"{'requests':>12}"
    + "".join(f"{name:>10}" for name in ("MB", "threads", "descript.", "connect.", "open", "held MB"))
)


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text, re.M)
    assert found is not None, pattern
    return float(found[1])


@pytest.fixture
def zone(zone_server: AnyZone) -> Iterator[HostileZone]:
    with HostileZone.before(zone_server.host, zone_server.port) as zone:
        yield zone


@pytest.fixture
def mount(zone: HostileZone, zone_server: AnyZone, make_mount: MakeMount) -> Mount:
    file = zone_server.behind(zone.port).environment_file()
    mount = make_mount("--connections", str(CONNECTIONS), "--timeout", "20", environment_file=file)
    mount.expect_log(".")
    return mount


def now_and_then(chance: random.Random, told: list[Message]) -> Lie:
    """Nonsense of some kind in the place of a few answers, which go to `told`."""
    kinds: list[Lie] = [
        lambda message: replace(message, body=b"<a>" * 1000),
        lambda message: replace(message, body=b"\xff" * 100, bs=b""),
        lambda message: replace(message, int_info=-2_000_000_000),
        lambda message: b"\x7f\xff\xff\xff",
        lambda message: None,
    ]

    def lie(message: Message) -> Message | bytes | None:
        if chance.randrange(ONE_IN):
            return message
        told.append(message)
        return chance.choice(kinds)(message)

    return lie


@contextmanager
def running(*works: tuple[Callable[..., None], tuple[object, ...]]) -> Iterator[None]:
    """Programs, in processes of their own, for the time of the block."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    started: list[SpawnProcess] = []
    try:
        for work, arguments in works:
            started.append(context.Process(target=work, args=(*arguments, stop)))
            started[-1].start()
        yield
    finally:
        stop.set()
        for process in started:
            process.join()
    assert [process.exitcode for process in started] == [0] * len(started)


@tenacity.retry(wait=tenacity.wait_fixed(0.5), stop=tenacity.stop_after_delay(60), reraise=True)
def at_rest(mount: Mount) -> Seen:
    """What the mount takes once everything is closed that programs had open."""
    seen = Seen.of(mount)
    assert (seen.open_files, seen.held) == (0, 0)
    assert seen.connections <= CONNECTIONS
    return seen


@pytest.mark.timeout(2 * SECONDS + 300)
def test_a_load_leaves_nothing_behind(mount: Mount, zone: HostileZone) -> None:
    before = at_rest(mount)
    large = [mount.path / f"large{number}" for number in range(LARGE_FILES)]
    for file in large:
        file.write_bytes(random.randbytes(16 * MEGABYTE))
    chance = random.Random(1)
    rests: list[Seen] = []
    told: list[Message] = []
    sys.stdout.write(f"\n{HEADER}\n{before.row('rest 0')}")
    for number in range(ROUNDS):
        for api in (OBJECT_STAT, QUERY, READ, OPEN):
            zone.lie_about(api, now_and_then(chance, told))
        mixed = [(programs.mixed_load, (mount.path / f"own{each}", 10 * number + each)) for each in range(PROGRAMS)]
        with running(
            *mixed,
            (programs.hold_open, (mount.path / "held", OPEN_FILES)),
            (programs.read_large, (large, READERS)),
        ):
            time.sleep(SECONDS / ROUNDS)
            zone.be_honest()  # so that the programs can end, and nothing that they wrote is refused
            sys.stdout.write(Seen.of(mount).row(f"load {number + 1}"))
        rests.append(at_rest(mount))
        sys.stdout.write(rests[-1].row(f"rest {number + 1}"))
        sys.stdout.flush()
    warm, last = rests[WARMING_UP - 1], rests[-1]
    assert told
    assert last.requests > warm.requests
    assert last.resident <= before.resident + OF_ITS_OWN
    assert last.resident <= GROWTH * warm.resident
    assert last.threads <= warm.threads + MORE_DESCRIPTORS
    assert last.descriptors <= warm.descriptors + MORE_DESCRIPTORS
    assert _spooled(mount) == []


def _spooled(mount: Mount) -> list[Path]:
    """What is in the spool, but for files that the zone would not take: of those, programs were told."""
    spool = Path(mount.status()["spool"])
    return [file for file in spool.rglob("*") if file.is_file() and "failed" not in file.parts]
