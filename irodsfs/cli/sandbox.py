from __future__ import annotations

import logging
import signal
from pathlib import Path

import click

from irodsfs.errors import ConfigurationError, IrodsfsError

WITHOUT_TLS = "CS_NEG_REFUSE"
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


@click.group()
def sandbox() -> None:
    """An embedded zone, for trying out and for tests."""


@sandbox.command()
@click.option("--directory", metavar="DIR", type=Path, required=True, help="Where the zone lives; made when missing.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port", metavar="NUMBER", type=click.IntRange(0, 65535), default=0, help="TCP port; 0 takes a free one."
)
@click.option(
    "--negotiation",
    type=click.Choice([WITHOUT_TLS, "CS_NEG_DONT_CARE", "CS_NEG_REQUIRE"]),
    default=WITHOUT_TLS,
    help="Whether to use TLS: refuse it, require it, or let the client choose.",
)
@click.option("--enforce-quotas", is_flag=True, help="Refuse new data objects to groups that are over quota.")
def serve(directory: Path, host: str, port: int, negotiation: str, enforce_quotas: bool) -> None:
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
        zone = enter(directory, negotiation=negotiation)
        zone.enforces_quotas = enforce_quotas
        server = Server(zone, host, port)
    except OSError as error:
        raise IrodsfsError(f"The zone in {directory} can't be served on {host}:{port}: {error}.") from None
    if negotiation != WITHOUT_TLS:
        zone.tls()  # so that clients find the certificate as soon as the zone answers
    with server:
        click.echo(f"zone {zone.name} in {zone.directory} answers on {server.host}:{server.port}")
        signal.sigwait(STOP_SIGNALS)


@sandbox.command()
@click.argument("recording", type=Path, help="A file of recorded exchanges (JSON lines).")
@click.option("--step", metavar="NAME", help="Show the differences of this step.")
@click.option("--verbose", "-v", is_flag=True, help="Show all differences.")
def conformance(recording: Path, step: str | None, verbose: bool) -> None:
    """Replay what a real server was asked, and compare the answers of an embedded zone with its answers."""
    from irodsfs.sandbox.conformance import run

    try:
        report = run(recording)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{recording} can't be replayed: {error}.") from None
    report.print(step=step, verbose=verbose)
