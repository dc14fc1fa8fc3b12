"""How fast the embedded zone itself is: `python -m benchmarks.embedded_zone` (`make bench-zone`).

Prints how long a new zone and one that exists take until they answer their first connection (seconds, from starting
the process), with the command that one types and as a server alone, and how long an object stat takes (milliseconds),
as plain python-irodsclient sends it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from irods.api_number import api_number
from irods.message import FileOpenRequest, StringStringMap, iRODSMessage
from irods.session import iRODSSession
from rich.console import Console

from tests.sandbox.raw import RawClient
from tests.zones import EmbeddedZone

STATS = 2_000
STARTS = 5
TYPED = (Path(sys.executable).with_name("irodsfs"), "sandbox", "serve", "--directory")
SERVER_ALONE = """
import signal
import sys
from pathlib import Path
from irodsfs.sandbox.server import Server
from irodsfs.sandbox.zone import Zone
with Server(Zone.create(Path(sys.argv[1]))) as server:
    print(server.port, flush=True)
    signal.pause()
"""


def main() -> None:
    report = Console(highlight=False, soft_wrap=True).print
    with tempfile.TemporaryDirectory() as directory:
        first = [_start(*TYPED, Path(directory, f"new{number}")) for number in range(STARTS)]
        again = [_start(*TYPED, Path(directory, f"new{number}")) for number in range(STARTS)]
        command = (sys.executable, "-c", SERVER_ALONE)
        alone = [_start(*command, Path(directory, f"alone{number}")) for number in range(STARTS)]
        with EmbeddedZone.served(Path(directory)) as zone, zone.session() as session:
            milliseconds = sorted(_object_stats(session))
    report(f"start of a new zone      median {statistics.median(first):.3f} s of {STARTS} (to reach: 0.5 s)")
    report(f"start of an existing one median {statistics.median(again):.3f} s of {STARTS} (to reach: 0.5 s)")
    report(f"start of a server alone  median {statistics.median(alone):.3f} s of {STARTS} (to reach: 0.5 s)")
    median, late = statistics.median(milliseconds), milliseconds[int(0.99 * STATS)]
    report(
        f"object stat              median {median:.3f} ms of {STATS}, 99th percentile {late:.3f} ms (to reach: 1 ms)"
    )


def _start(*command: str | Path) -> float:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            with RawClient("127.0.0.1", port) as client:
                client.start()
                return time.perf_counter() - began
        finally:
            process.kill()


def _object_stats(session: iRODSSession) -> list[float]:
    path = f"/{session.zone}/home/{session.username}"
    fields = dict.fromkeys(("createMode", "openFlags", "offset", "dataSize", "numThreads", "oprType"), 0)
    stat = FileOpenRequest(objPath=path, KeyValPair_PI=StringStringMap(), **fields)
    request = iRODSMessage("RODS_API_REQ", stat, int_info=api_number["OBJ_STAT_AN"])
    times = []
    with session.pool.get_connection() as connection:
        for _ in range(STATS):
            began = time.perf_counter()
            connection.send(request)
            connection.recv()
            times.append(1000 * (time.perf_counter() - began))
    return times


if __name__ == "__main__":
    main()
