from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json, on_mount
from irodsfs.control.places import logical_path


def _string(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    return sys.stdin.readline().strip() if value == "-" else value


named = click.argument("name", metavar="TICKET", callback=_string, help="Its string, or - to read it from stdin.")


@click.group()
def ticket() -> None:
    """Tickets: strings that open an entry to others."""


@ticket.command()
@click.argument("path", type=Path, help="What it opens, on the mount.")
@click.option("--write", is_flag=True, help="Let others write too.")
@click.option("--name", metavar="TICKET", callback=_string, help="Its string, or - for stdin. [default: a random one]")
@as_json
def create(path: Path, write: bool, name: str | None, as_json: bool) -> None:
    """Make a ticket and print its string."""
    with control_of(path) as control:
        request = {"mode": "write" if write else "read", "object_path": logical_path(path)}
        answer = control.request("POST", "/ticket", document=request | ({"ticket_string": name} if name else {}))
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["ticket_string"])


@ticket.command()
@named
@click.argument("restriction", help="uses_limit, expiration, add_user, remove_user, add_group, add_host, ...")
@click.argument("value", help="A number, a name, or a date as 'yyyy-MM-dd HH:mm:ss'.")
@on_mount
def modify(name: str, restriction: str, value: str, mount: Path) -> None:
    """Set or take away a restriction of a ticket."""
    change = {"restriction_type": restriction, "restriction_value": value}
    with control_of(mount) as control:
        control.request("PUT", f"/ticket/{quote(name, safe='')}", document=change)


@ticket.command()
@click.argument("name", metavar="[TICKET]", callback=_string, required=False)
@on_mount
@as_json
def ls(name: str | None, mount: Path, as_json: bool) -> None:
    """List all tickets, or show one."""
    with control_of(mount) as control:
        if name is None:
            tickets = control.request("GET", "/listAllTickets")["ticket"]
        else:
            tickets = [control.request("GET", f"/ticket/{quote(name, safe='')}")]
    if as_json:
        show_json(tickets)
        return
    fields = ("ticket_string", "ticket_type", "irods_path", "uses_count", "uses_limit", "expire_time")
    rows = ([each[field] for field in fields] for each in tickets)
    show_table(["TICKET", "TYPE", "PATH", "USES", "OF", "EXPIRES"], rows)


@ticket.command()
@named
@on_mount
def rm(name: str, mount: Path) -> None:
    """Delete a ticket."""
    with control_of(mount) as control:
        control.request("DELETE", f"/ticket/{quote(name, safe='')}")
