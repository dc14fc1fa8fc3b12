from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json, on_path

if TYPE_CHECKING:
    from irodsfs.cli.client import ControlClient

for_user = click.argument("user", help="A user or group: name, or name#zone.")
recursively = click.option("--recursive", "-r", is_flag=True, help="For everything below too.")


@click.group()
def acl() -> None:
    """Permissions of files and directories."""


@acl.command()
@on_path
@as_json
def ls(path: Path, as_json: bool) -> None:
    """List who may do what."""
    with control_of(path) as control:
        listing = control.request("GET", f"{control.place.resource}/acl")
    if as_json:
        show_json(listing)
        return
    rows = [
        (f"{each['userName']}#{each['userZone']}", each["userType"], each["filePermissionEnum"])
        for each in listing["permissionEntries"]
    ]
    show_table(["USER", "TYPE", "PERMISSION"], rows)


@acl.command()
@on_path
@for_user
@click.argument("permission", help="read, write, own, or another access level of iRODS.")
@recursively
def grant(path: Path, user: str, permission: str, recursive: bool) -> None:
    """Let a user or group do something."""
    with control_of(path) as control:
        options = {"permission": permission.upper(), "recursive": str(recursive).lower()}
        control.request("PUT", _entry(control, user), **options)


@acl.command()
@on_path
@for_user
@recursively
def revoke(path: Path, user: str, recursive: bool) -> None:
    """Take the access of a user or group away."""
    with control_of(path) as control:
        control.request("DELETE", _entry(control, user), recursive=str(recursive).lower())


@acl.command()
@on_path
@click.option("--off", is_flag=True, help="Stop it.")
@recursively
def inherit(path: Path, off: bool, recursive: bool) -> None:
    """Let what is made in a directory get its permissions."""
    with control_of(path) as control:
        options = {"enabled": str(not off).lower(), "recursive": str(recursive).lower()}
        control.request("PUT", f"{control.place.resource}/inheritance", **options)


def _entry(control: ControlClient, user: str) -> str:
    return f"{control.place.resource}/acl/{quote(user.replace('#', ','), safe=',')}"
