"""The control socket beside python-irodsclient and the mount: `python -m benchmarks.control [MEBIBYTES [DELAY]]`.

Small queries through the socket and directly, one after the other; a file that goes up and down through the socket, and
as a plain copy through the mount. The two take turns, so that what else the machine does slows both down. DELAY is
added to each round trip, in milliseconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from irods.models import Collection
from irods.session import iRODSSession
from rich.console import Console

from irodsfs.cli.client import ControlClient, control_of
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

ROUNDS = 5
QUERIES = 200
"""In each round."""

MEBIBYTE = 1024 * 1024
HOME = "/tempZone/home/rods"
QUERY = {
    "select": [{"value": "COLL_ID"}, {"value": "COLL_NAME"}],
    "condition": [{"column": "COLL_NAME", "operator": "EQUAL", "value": HOME}],
}


@dataclass(frozen=True)
class Comparison:
    """`amount` of something, done through the socket and otherwise."""

    name: str
    unit: str
    amount: int
    through_the_socket: Callable[[], object]
    otherwise: Callable[[], object]

    def run(self, report: Callable[[str], None]) -> None:
        """Medians of what was done in a second, and the median of the ratios."""
        rates = [(self._rate(self.through_the_socket), self._rate(self.otherwise)) for _ in range(ROUNDS)]
        here, there = (statistics.median(column) for column in zip(*rates, strict=True))
        ratio = statistics.median(mine / other for mine, other in rates)
        report(f"{self.name:14} {here:7.0f} beside {there:7.0f} {self.unit} a second, {ratio:.2f} times as many")

    def _rate(self, work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return self.amount / (time.perf_counter() - began)


def main() -> None:
    mebibytes, delay = [*map(int, sys.argv[1:]), *(1024, 0)[len(sys.argv) - 1 :]]
    report = Console(highlight=False, soft_wrap=True).print
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="irodsfs-benchmark-")))
        zone = stack.enter_context(EmbeddedZone.served(directory))
        if delay:
            zone.port = stack.enter_context(Proxy.before(zone.host, zone.port, delay / 1000)).port
        session = stack.enter_context(zone.session())
        mount = _mounted(directory, zone)
        stack.callback(mount.stop)
        _queries(stack.enter_context(control_of(mount.path)), session).run(report)
        client = stack.enter_context(connected(os.getxattr(mount.path, "irods.control").decode()))
        for comparison in _files(client, mount, directory, mebibytes):
            comparison.run(report)


def _mounted(directory: Path, zone: EmbeddedZone) -> Mount:
    own = {}
    for kind in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        (directory / kind).mkdir(0o700)
        own[f"XDG_{kind}"] = str(directory / kind)
    mount = Mount(directory / "mount", HOME)
    mount.start(zone.environment_file(), env=dict(os.environ) | own)
    return mount


def _queries(control: ControlClient, session: iRODSSession) -> Comparison:
    def through_the_socket() -> None:
        for _ in range(QUERIES):
            control.request("POST", "/genQuery", document=QUERY)

    def directly() -> None:
        for _ in range(QUERIES):
            list(session.query(Collection.id, Collection.name).filter(Collection.name == HOME))

    through_the_socket(), directly()
    return Comparison("small queries", "queries", QUERIES, through_the_socket, directly)


def _files(control: httpx.Client, mount: Mount, directory: Path, mebibytes: int) -> list[Comparison]:
    source, target, there = directory / "source", directory / "target", mount.path / "there"
    with source.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MEBIBYTE))
    shutil.copyfile(source, there)

    def upload() -> None:
        with source.open("rb") as file:
            control.post(f"/fileContents{HOME}/socket", files={"uploadFile": file}).raise_for_status()
        control.delete(f"/dataObject{HOME}/socket")

    def copy_up() -> None:
        shutil.copyfile(source, mount.path / "copied")
        (mount.path / "copied").unlink()

    def download() -> None:
        with target.open("wb") as file, control.stream("GET", f"/fileContents{HOME}/there") as answer:
            for block in answer.iter_raw():
                file.write(block)

    def copy_down() -> None:
        with there.open("rb") as file:
            # Not what the kernel still has of it.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        shutil.copyfile(there, target)

    return [
        Comparison("upload", "MiB", mebibytes, upload, copy_up),
        Comparison("download", "MiB", mebibytes, download, copy_down),
    ]


if __name__ == "__main__":
    main()
