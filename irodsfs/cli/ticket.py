from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json, on_mount

STANDARD_INPUT = "-"
EPILOG = "TICKET is its string, or - for stdin; without it, that of --ticket-file or of IRODSFS_TICKET is meant."

from_file = click.option("--ticket-file", "file", metavar="FILE", help="Read the ticket's string there.")
maybe_named = click.argument("name", metavar="[TICKET]", required=False)


@click.group()
def ticket() -> None:
    """Tickets: strings that open an entry to others."""


@ticket.command()
@click.argument("path", type=Path, help="What it opens, on the mount.")
@click.option("--write", is_flag=True, help="Let others write too.")
@click.option("--name", metavar="TICKET", help="Its string, or - for stdin. [default: a random one]")
@from_file
@as_json
def create(path: Path, write: bool, name: str | None, file: str | None, as_json: bool) -> None:
    """Make a ticket and print its string."""
    chosen = _given(name, file)
    with control_of(path) as control:
        request = {"mode": "write" if write else "read", "object_path": control.place.logical_path}
        answer = control.request("POST", "/ticket", document=request | ({"ticket_string": chosen} if chosen else {}))
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["ticket_string"])


@ticket.command(epilog=EPILOG)
@click.argument("arguments", metavar="[TICKET] RESTRICTION VALUE", nargs=-1)
@from_file
@on_mount
def modify(arguments: tuple[str, ...], file: str | None, mount: Path) -> None:
    """Set or take away a restriction of a ticket.

    RESTRICTION is uses_limit, expiration, add_user, remove_user, add_group, add_host, ...; VALUE a number, a name, or
    a date as 'yyyy-MM-dd HH:mm:ss'.
    """
    if len(arguments) not in (2, 3):
        _usage("RESTRICTION and VALUE are needed, and perhaps TICKET before them.")
    *names, restriction, value = arguments
    url = _url(_required(names[0] if names else None, file))
    with control_of(mount) as control:
        control.request("PUT", url, document={"restriction_type": restriction, "restriction_value": value})


@ticket.command()
@maybe_named
@from_file
@on_mount
@as_json
def ls(name: str | None, file: str | None, mount: Path, as_json: bool) -> None:
    """List all tickets, or show one."""
    chosen = _given(name, file)
    with control_of(mount) as control:
        if chosen is None:
            tickets = control.request("GET", "/listAllTickets")["ticket"]
        else:
            tickets = [control.request("GET", _url(chosen))]
    if as_json:
        show_json(tickets)
        return
    fields = ("ticket_string", "ticket_type", "irods_path", "uses_count", "uses_limit", "expire_time")
    rows = ([each[field] for field in fields] for each in tickets)
    show_table(["TICKET", "TYPE", "PATH", "USES", "OF", "EXPIRES"], rows)


@ticket.command(epilog=EPILOG)
@maybe_named
@from_file
@on_mount
def rm(name: str | None, file: str | None, mount: Path) -> None:
    """Delete a ticket."""
    url = _url(_required(name, file))
    with control_of(mount) as control:
        control.request("DELETE", url)


def _required(name: str | None, file: str | None) -> str:
    """The string that is meant. Raises UsageError where none is."""
    from irodsfs.config.load import TICKET_VARIABLE

    return _given(name, file) or os.environ.get(TICKET_VARIABLE) or _usage("TICKET is needed, or --ticket-file FILE.")


def _given(name: str | None, file: str | None) -> str | None:
    """The string that is named on the command line, where others can see it, or read from elsewhere."""
    # What reads settings takes a while to import, and help must not wait for it.
    from irodsfs.config import Setting
    from irodsfs.config.load import TICKET_VARIABLE, read_ticket

    if name == STANDARD_INPUT:
        return sys.stdin.readline().strip()
    if name:
        told = "irodsfs: the command line shows the ticket to all users of this machine"
        click.echo(f"{told}: use --ticket-file or {TICKET_VARIABLE}.", err=True)
        return name
    return str(read_ticket(Setting(file, "--ticket-file")).value) if file else None


def _url(name: str) -> str:
    return f"/ticket/{quote(name, safe='')}"


def _usage(message: str) -> NoReturn:
    raise click.UsageError(message)
