from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from irodsfs.cli.answers import HERE, AsJson, OnMount, control_of, show_json, show_table
from irodsfs.control.places import logical_path

app = typer.Typer(help="Tickets: strings that open an entry to others.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="TICKET", help="The ticket's string.")]


@app.command()
def create(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="What it opens, on the mount.")],
    write: Annotated[bool, typer.Option("--write", help="Let others write too.")] = False,
    name: Annotated[str | None, typer.Option(metavar="TICKET", help="Its string. [default: a random one]")] = None,
) -> None:
    """Make a ticket and print its string."""
    request = {"mode": "write" if write else "read", "object_path": logical_path(path)}
    with control_of(path) as control:
        answer = control.request("POST", "/ticket", json=request | ({"ticket_string": name} if name else {}))
    typer.echo(answer["ticket_string"])


@app.command()
def modify(
    name: Name,
    restriction: Annotated[
        str,
        typer.Argument(help="uses_limit, expiration, add_user, remove_user, add_group, add_host, ..."),
    ],
    value: Annotated[str, typer.Argument(help="A number, a name, or a date as 'yyyy-MM-dd HH:mm:ss'.")],
    mount: OnMount = HERE,
) -> None:
    """Set or take away a restriction of a ticket."""
    change = {"restriction_type": restriction, "restriction_value": value}
    with control_of(mount) as control:
        control.request("PUT", f"/ticket/{quote(name, safe='')}", json=change)


@app.command()
def ls(
    name: Annotated[str | None, typer.Argument(metavar="[TICKET]", show_default=False)] = None,
    mount: OnMount = HERE,
    as_json: AsJson = False,
) -> None:
    """List all tickets, or show one."""
    with control_of(mount) as control:
        if name is None:
            tickets = control.request("GET", "/listAllTickets")["ticket"]
        else:
            tickets = [control.request("GET", f"/ticket/{quote(name, safe='')}")]
    if as_json:
        show_json(tickets)
        return
    shown = ("ticket_string", "ticket_type", "irods_path", "uses_count", "uses_limit", "expire_time")
    rows = ([ticket[field] for field in shown] for ticket in tickets)
    show_table(["TICKET", "TYPE", "PATH", "USES", "OF", "EXPIRES"], rows)


@app.command()
def rm(name: Name, mount: OnMount = HERE) -> None:
    """Delete a ticket."""
    with control_of(mount) as control:
        control.request("DELETE", f"/ticket/{quote(name, safe='')}")
