from __future__ import annotations

import logging
import shlex
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from irodsfs.user_errors import ConfigurationError, IrodsfsError

if TYPE_CHECKING:
    from irodsfs.sandbox.served_zone import Zone

WITHOUT_TLS = "CS_NEG_REFUSE"
LONGEST_PASSWORD = 42  # of what the protocol can change
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


@click.group()
def sandbox() -> None:
    """An embedded zone, for trying out and for tests."""


@sandbox.command()
@click.option("--directory", metavar="DIR", type=Path, required=True, help="Where the zone lives; made when missing.")
@click.option("--zone", "name", metavar="NAME", default="tempZone", show_default=True, help="Name of a new zone.")
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
@click.option("--source-lines", is_flag=True, help="Tell failures with a stack of source lines, as real servers do.")
@click.option("--most-connections", metavar="NUMBER", type=click.IntRange(min=1), help="Refuse more of them at a time.")
@click.option(
    "--password-file",
    metavar="FILE",
    type=Path,
    help="What the administrator's password shall be. [default: as it is; of a new zone, a random one]",
)
@click.option(
    "--allow-registration",
    metavar="DIR",
    type=Path,
    multiple=True,
    help="Let administrators register files below DIR and make resources there, not only in the zone's own vault.",
)
@click.option(
    "--federate",
    metavar="ZONE=HOST:PORT",
    multiple=True,
    help="Another zone to be known: it is shown beside this one, and its administrator gets a home here.",
)
def serve(directory: Path, host: str, port: int, negotiation: str, **options: Any) -> None:
    """Serve an embedded zone until SIGTERM or Ctrl-C; prints its address when it answers.

    The administrator of a new zone is rods. The variables that are printed, too, make clients log in as rods
    with the password, which is kept in the zone's directory.
    """
    from irodsfs.sandbox.protocol.error_numbers import IrodsError
    from irodsfs.sandbox.zone_server import Server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Blocked before any thread starts, so that none of them takes the signal that sigwait waits for.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        zone = _entered(directory, negotiation, options)
        server = Server(zone, host, port, most_connections=options["most_connections"])
    except (OSError, IrodsError) as error:
        raise IrodsfsError(f"The zone in {directory} can't be served on {host}:{port}: {error}.") from None
    if negotiation != WITHOUT_TLS:
        zone.tls()  # so that clients find the certificate as soon as the zone answers
    zone.describe(server.host, server.port)
    with server:
        click.echo(
            f"zone {zone.name} in {zone.directory} answers on {server.host}:{server.port}\n"
            f"export IRODS_ENVIRONMENT_FILE={shlex.quote(str(zone.environment_file))}\n"
            f"export IRODS_AUTHENTICATION_FILE={shlex.quote(str(zone.password_file))}"
        )
        signal.sigwait(STOP_SIGNALS)


def _entered(directory: Path, negotiation: str, options: Mapping[str, Any]) -> Zone:
    """The zone of a directory, a new one if there is none. Raises OSError, IrodsError or ConfigurationError."""
    from irodsfs.sandbox.federation.introducing import introduce
    from irodsfs.sandbox.served_zone import Zone

    file = options["password_file"]
    password = None if file is None else _password_in(file)
    partners = [_partner(text) for text in options["federate"]]
    enter = Zone.open if (directory / "catalog.sqlite").exists() else partial(Zone.create, name=options["name"])
    zone = enter(directory, password=password, negotiation=negotiation, registrable=options["allow_registration"])
    for partner in partners:
        introduce(zone, *partner)
    zone.enforces_quotas, zone.tells_source_lines = options["enforce_quotas"], options["source_lines"]
    return zone


@sandbox.command()
@click.argument("location")
@click.option("--directory", metavar="DIR", type=Path, required=True, help="Where the zone lives, which is served.")
@click.option("--address", metavar="ADDRESS", help="Address to listen on. [default: LOCATION]")
def server(location: str, directory: Path, address: str | None) -> None:
    """Serve one more address of a zone until SIGTERM or Ctrl-C; prints it when it answers.

    It has the resources at LOCATION, a name or address by which clients, and the zone's other servers, reach it:
    127.0.0.2 for example. Its port is that of the zone. Stopped or frozen (SIGSTOP), it takes its resources with it.
    """
    from irodsfs.sandbox.joining import join
    from irodsfs.sandbox.protocol.error_numbers import IrodsError
    from irodsfs.sandbox.zone_server import Server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        zone, port = join(directory, location)
        beside = Server(zone, address or location, port, runs_delayed_rules=False)
    except (OSError, IrodsError) as error:
        raise IrodsfsError(f"The zone in {directory} can't be served on {address or location}: {error}.") from None
    with beside:
        click.echo(f"zone {zone.name} in {zone.directory} answers on {beside.host}:{beside.port}, too")
        signal.sigwait(STOP_SIGNALS)


def _partner(text: str) -> tuple[str, str]:
    from irodsfs.sandbox.federation.introducing import split_partner

    partner = split_partner(text)
    if partner is None:
        raise ConfigurationError(f"{text!r} names no zone and its address: write it as otherZone=127.0.0.1:1248.")
    return partner


def _password_in(file: Path) -> str:
    try:
        password = file.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} can't be read as a password: {error}.") from None
    if not password or len(password) > LONGEST_PASSWORD or not password.isprintable():
        raise ConfigurationError(f"{file} holds no password: write one line of at most {LONGEST_PASSWORD} characters.")
    return password


@sandbox.group()
def user() -> None:
    """Users of an embedded zone that is served."""


@user.command("add")
@click.argument("name")
@click.option("--directory", metavar="DIR", type=Path, required=True, help="Where the zone lives.")
@click.option("--type", "kind", type=click.Choice(["rodsuser", "groupadmin", "rodsadmin"]), default="rodsuser")
@click.option("--password-file", metavar="FILE", type=Path, help="Its password. [default: asks, or reads a line]")
@click.option("--pam-password", "is_pam", is_flag=True, help="It is PAM that knows that password, not the zone.")
@click.option(
    "--pam-interactive", "script", metavar="SCRIPT", type=Path, help="What a PAM flow says and asks, in JSON."
)
def add_user(
    name: str, directory: Path, kind: str, password_file: Path | None, is_pam: bool, script: Path | None
) -> None:
    """Make a user, or tell PAM about one that is there."""
    from irodsfs.cli import sandbox_entries

    sandbox_entries.add_user(directory, name, kind, password_file, script, is_pam=is_pam)


@sandbox.group()
def resource() -> None:
    """Resources of an embedded zone that is served."""


@resource.command("add")
@click.argument("name")
@click.option("--directory", metavar="DIR", type=Path, required=True, help="Where the zone lives.")
@click.option("--vault", metavar="DIR", type=Path, help="Where its files shall be. [default: in the zone's directory]")
@click.option("--location", default="localhost", help="The server that has it.", show_default=True)
def add_resource(name: str, directory: Path, vault: Path | None, location: str) -> None:
    """Make a resource, and print where its files are."""
    from irodsfs.cli import sandbox_entries

    click.echo(sandbox_entries.add_resource(directory, name, vault, location))
