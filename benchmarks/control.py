"""The control socket beside python-irodsclient and the mount: `python -m benchmarks.control [MEBIBYTES]`.

Prints small queries per second through the socket and directly, one after the other; and how fast a file goes up and
down through the socket, as a plain copy through the mount does.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
from irods.models import Collection
from irods.session import iRODSSession
from rich.console import Console

from tests.control.sockets import connected
from tests.mounts import Mount
from tests.zones import EmbeddedZone

QUERIES = 500
MEBIBYTE = 1024 * 1024
HOME = "/tempZone/home/rods"
QUERY = {
    "select": [{"value": "COLL_ID"}, {"value": "COLL_NAME"}],
    "condition": [{"column": "COLL_NAME", "operator": "EQUAL", "value": HOME}],
}


def main() -> None:
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    report = Console(highlight=False, soft_wrap=True).print
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="irodsfs-benchmark-")))
        zone = stack.enter_context(EmbeddedZone.served(directory))
        session = stack.enter_context(zone.session())
        mount = _mounted(directory, zone)
        stack.callback(mount.stop)
        control = stack.enter_context(connected(os.getxattr(mount.path, "irods.control").decode()))
        _report_queries(report, control, session)
        _report_files(report, control, mount, directory, mebibytes)


def _mounted(directory: Path, zone: EmbeddedZone) -> Mount:
    own = {}
    for kind in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        (directory / kind).mkdir(0o700)
        own[f"XDG_{kind}"] = str(directory / kind)
    mount = Mount(directory / "mount", HOME)
    mount.start(zone.environment_file(), env=dict(os.environ) | own)
    return mount


def _report_queries(report: Callable[[str], None], control: httpx.Client, session: iRODSSession) -> None:
    def through_the_socket() -> None:
        control.post("/genQuery", json=QUERY).raise_for_status()

    def directly() -> None:
        list(session.query(Collection.id, Collection.name).filter(Collection.name == HOME))

    for name, query in (("control socket", through_the_socket), ("python-irodsclient", directly)):
        query()
        seconds = _timed(lambda query=query: [query() for _ in range(QUERIES)])
        report(f"small queries  {name:20} {QUERIES / seconds:8.0f} per second")


def _report_files(
    report: Callable[[str], None], control: httpx.Client, mount: Mount, directory: Path, mebibytes: int
) -> None:
    source, target = directory / "source", directory / "target"
    with source.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MEBIBYTE))

    def upload() -> None:
        with source.open("rb") as file:
            control.post(f"/fileContents{HOME}/socket", files={"uploadFile": file}).raise_for_status()

    def download() -> None:
        with target.open("wb") as file, control.stream("GET", f"/fileContents{HOME}/socket") as answer:
            for block in answer.iter_raw():
                file.write(block)

    steps: list[tuple[str, Callable[[], object]]] = [
        ("upload    control socket", upload),
        ("upload    copy to the mount", lambda: shutil.copyfile(source, mount.path / "copied")),
        ("download  control socket", download),
        ("download  copy from the mount", lambda: shutil.copyfile(mount.path / "copied", target)),
    ]
    for name, step in steps:
        report(f"{name:32} {mebibytes / _timed(step):8.0f} MiB per second")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
