from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click
from irods.api_number import api_number
from rich.console import Console

from benchmarks import report, stand_in, two_servers
from benchmarks.places import SERVED_FROM, MountedPlace, Place, ZonePlace, embedded_zone
from benchmarks.sizes import MEGABYTE, Sizes
from benchmarks.trees import Sources
from benchmarks.workloads import WORKLOADS, Workload
from tests.proxy import Proxy

THROUGHPUT = {"write", "read", "getattr"}
"""Workloads of which the mount's own speed is the limit, when the zone is fast enough."""

BEST_OF = 5
"""How often throughput is measured: other work on the machine only ever makes it look worse."""

NAMES = ", ".join(workload.name for workload in WORKLOADS)
_API_NAMES = {number: name.removesuffix("_AN").removesuffix("_APN") for name, number in api_number.items()}


@click.command(context_settings={"show_default": True})
@click.option("--workload", metavar="NAME", multiple=True, help=f"Only these: {NAMES}.")
@click.option(
    "--delay", metavar="MS", type=float, multiple=True, default=[0.0, 20.0], help="Milliseconds to add to round trips."
)
@click.option(
    "--rate", metavar="MB", type=float, default=math.inf, help="What one connection carries at most in a second."
)
@click.option("--scale", type=float, default=0.2, help="How much work, as a part of 500 files and 512 MiB.")
@click.option("--zone", metavar="ENVIRONMENT", type=Path, help="A zone of yours: its irods_environment.json.")
@click.option("--mounted", metavar="PATH", type=Path, help="A directory of any mounted file system instead of a zone.")
@click.option("--as-administrator", is_flag=True, help="In the embedded zone as rods instead of as an ordinary user.")
@click.option("--direct", is_flag=True, help="Without a proxy: faster, nothing is counted.")
@click.option("--memory/--no-memory", default=True, help="Also the throughput with a zone that answers from memory.")
@click.option("--servers/--no-servers", default=True, help="Also reading from two servers with 10 ms between them.")
@click.option("--plain/--no-plain", default=True, help="Also with plain python-irodsclient.")
@click.option("--apis", is_flag=True, help="Show how many requests of which kind there were.")
def main(
    workload: tuple[str, ...],
    delay: tuple[float, ...],
    rate: float,
    scale: float,
    zone: Path | None,
    mounted: Path | None,
    as_administrator: bool,
    direct: bool,
    memory: bool,
    servers: bool,
    plain: bool,
    apis: bool,
) -> None:
    """Run the workloads that users of a mount have, and tell what each costs."""
    chosen = [each for each in WORKLOADS if not workload or each.name in workload]
    if workload and len(chosen) != len(set(workload)):
        raise click.BadParameter(f"the workloads are {NAMES}")
    console = report.console()
    with ExitStack() as stack:
        local = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="irodsfs-benchmark-", dir=SERVED_FROM)))
        sizes = Sizes.scaled(scale)
        sources = Sources(local, sizes)
        if mounted is not None:
            _run(console, f"in {mounted}", MountedPlace(mounted, sources, sizes), chosen, plain=False, apis=False)
            return
        environment = zone or stack.enter_context(embedded_zone(local, as_administrator=as_administrator))
        for milliseconds in [0.0] if direct else delay:
            with _proxy(environment, milliseconds, rate, direct=direct) as proxy:
                place = ZonePlace(environment, local, sources, sizes, proxy)
                title = "without a proxy" if direct else f"{milliseconds:g} ms round trip added"
                title += "" if math.isinf(rate) else f", {rate:g} MB a second on each connection"
                _run(console, title, place, chosen, plain=plain, apis=apis)
        if memory and (fast := [each for each in chosen if each.name in THROUGHPUT]):
            _run_from_memory(console, environment, local, sizes, fast, plain=plain)
        if servers and zone is None and any(each.name == "read" for each in chosen):
            two_servers.compare(console, local / "two-servers")


@contextmanager
def _proxy(environment: Path, milliseconds: float, rate: float, *, direct: bool) -> Iterator[Proxy | None]:
    if direct:
        yield None
        return
    with Proxy.before(*ZonePlace.address(environment), milliseconds / 1000, rate * MEGABYTE) as proxy:
        yield proxy


def _run_from_memory(
    console: Console, environment: Path, local: Path, sizes: Sizes, workloads: Sequence[Workload], *, plain: bool
) -> None:
    full = replace(sizes, large_bytes=Sizes.large_bytes, stats=Sizes.stats)
    (local / "full").mkdir()
    with stand_in.before(*ZonePlace.address(environment)) as port:
        place = ZonePlace(environment, local, Sources(local / "full", full), full, None, port=port)
        title = f"from memory, without a proxy, the best of {BEST_OF}"
        _run(console, title, place, workloads, plain=plain, apis=False, times=BEST_OF)


def _run(
    console: Console,
    title: str,
    place: Place,
    workloads: Sequence[Workload],
    *,
    plain: bool,
    apis: bool,
    times: int = 1,
) -> None:
    sizes = place.sizes
    result = report.table(
        f"{title}: {sizes.files} files of {sizes.file_bytes} bytes in {sizes.collections} directories, "
        f"one of {sizes.large_bytes >> 20} MiB"
    )
    try:
        for workload in workloads:
            console.print(f"[dim]{title}: {workload.what}[/dim]")
            cost = min((place.on_mount(workload) for _ in range(times)), key=lambda cost: cost.seconds)
            report.add(result, workload, sizes, cost, place.plainly(workload) if plain else None)
            if apis and cost.requests is not None:
                counted = cost.requests.most_common()
                console.print({_API_NAMES.get(number, str(number)): times for number, times in counted})
    finally:
        place.close()
    console.print(result)


main()
