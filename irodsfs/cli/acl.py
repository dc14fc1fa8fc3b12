from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from irodsfs.cli.answers import AsJson, control_of, show_json, show_table
from irodsfs.control.places import resource

app = typer.Typer(help="Permissions of files and directories.", no_args_is_help=True, rich_markup_mode=None)

OnPath = Annotated[Path, typer.Argument(metavar="PATH", help="A path on a mount.")]
User = Annotated[str, typer.Argument(metavar="USER", help="A user or group: name, or name#zone.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="For everything below too.")]


@app.command()
def ls(path: OnPath, as_json: AsJson = False) -> None:
    """List who may do what."""
    with control_of(path) as control:
        listing = control.request("GET", f"{resource(path)}/acl")
    if as_json:
        show_json(listing)
        return
    rows = [
        (f"{each['userName']}#{each['userZone']}", each["userType"], each["filePermissionEnum"])
        for each in listing["permissionEntries"]
    ]
    show_table(["USER", "TYPE", "PERMISSION"], rows)


@app.command()
def grant(
    path: OnPath,
    user: User,
    permission: Annotated[str, typer.Argument(help="read, write, own, or another access level of iRODS.")],
    recursive: Recursive = False,
) -> None:
    """Let a user or group do something."""
    with control_of(path) as control:
        options = {"permission": permission.upper(), "recursive": str(recursive).lower()}
        control.request("PUT", _entry(path, user), **options)


@app.command()
def revoke(path: OnPath, user: User, recursive: Recursive = False) -> None:
    """Take the access of a user or group away."""
    with control_of(path) as control:
        control.request("DELETE", _entry(path, user), recursive=str(recursive).lower())


@app.command()
def inherit(
    path: OnPath,
    off: Annotated[bool, typer.Option("--off", help="Stop it.")] = False,
    recursive: Recursive = False,
) -> None:
    """Let what is made in a directory get its permissions."""
    with control_of(path) as control:
        options = {"enabled": str(not off).lower(), "recursive": str(recursive).lower()}
        control.request("PUT", f"{resource(path)}/inheritance", **options)


def _entry(path: Path, user: str) -> str:
    return f"{resource(path)}/acl/{quote(user.replace('#', ','), safe=',')}"
