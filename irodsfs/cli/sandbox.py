from __future__ import annotations

import logging
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from irodsfs.errors import ConfigurationError, IrodsfsError

app = typer.Typer(help="An embedded zone, for trying out and for tests.", no_args_is_help=True, rich_markup_mode=None)

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Negotiation(StrEnum):
    REFUSE = "CS_NEG_REFUSE"
    DONT_CARE = "CS_NEG_DONT_CARE"
    REQUIRE = "CS_NEG_REQUIRE"


@app.command()
def serve(
    directory: Annotated[Path, typer.Option(metavar="DIR", help="Where the zone lives; made when missing.")],
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="NUMBER", min=0, max=65535, help="TCP port; 0 takes a free one.")] = 0,
    negotiation: Annotated[
        Negotiation, typer.Option(help="Whether to use TLS: refuse it, require it, or let the client choose.")
    ] = Negotiation.REFUSE,
    enforce_quotas: Annotated[
        bool, typer.Option("--enforce-quotas", help="Refuse new data objects to groups that are over quota.")
    ] = False,
) -> None:
    """Serve an embedded zone until SIGTERM or Ctrl-C; prints its address when it answers.

    A new zone is tempZone, its administrator rods with the password rods.
    """
    from irodsfs.sandbox.server import Server
    from irodsfs.sandbox.zone import Zone

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Blocked before any thread starts, so that none of them takes the signal that sigwait waits for.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    enter = Zone.open if (directory / "catalog.sqlite").exists() else Zone.create
    try:
        zone = enter(directory, negotiation=negotiation.value)
        zone.enforces_quotas = enforce_quotas
        server = Server(zone, host, port)
    except OSError as error:
        raise IrodsfsError(f"The zone in {directory} can't be served on {host}:{port}: {error}.") from None
    if negotiation is not Negotiation.REFUSE:
        zone.tls()  # so that clients find the certificate as soon as the zone answers
    with server:
        typer.echo(f"zone {zone.name} in {zone.directory} answers on {server.host}:{server.port}")
        signal.sigwait(STOP_SIGNALS)


@app.command()
def conformance(
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="A file of recorded exchanges (JSON lines).")],
    step: Annotated[str | None, typer.Option(metavar="NAME", help="Show the differences of this step.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show all differences.")] = False,
) -> None:
    """Replay what a real server was asked, and compare the answers of an embedded zone with its answers."""
    from irodsfs.sandbox.conformance import run

    try:
        report = run(recording)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{recording} can't be replayed: {error}.") from None
    report.print(step=step, verbose=verbose)
