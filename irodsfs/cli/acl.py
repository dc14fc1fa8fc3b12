from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.entry_options import REACHING, with_options
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output, name_of
from irodsfs.cli.targets import Shown, targets

LEVELS = "null, read_metadata, read (read_object), write (modify_object), delete_object, own, or another level of iRODS"

EPILOG = f"""\b
Examples:
  irodsfs acl ls -r ~/zone/run7
  irodsfs acl set read alice ~/zone/run7/*.txt
  irodsfs acl set -r own lab#otherZone ~/zone/run7
  irodsfs acl inherit ~/zone/run7
  irodsfs acl set --admin own rods /tempZone/home/alice/lost.txt

LEVEL is {LEVELS}. USER is a user or group: name, or name#zone. PATH is a path on a mount, or one of the zone.

\b
Exit status: 0 done; 2 wrong use; 6 a path does not exist, or you may not see it; 10 the zone refused.
"""


on_entries = with_options(*REACHING, as_json)
as_admin = click.option("--admin", "-M", is_flag=True, help="As an administrator of the zone, whoever owns it.")
recursively = click.option("--recursive", "-r", is_flag=True, help="For everything below, too.")
on_paths = click.argument("paths", metavar="PATH...", nargs=-1)


@click.group(epilog=EPILOG)
def acl() -> None:
    """Permissions of files and directories."""


@acl.command(epilog=EPILOG)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@recursively
@on_entries
def ls(paths: tuple[str, ...], *, recursive: bool, as_json: bool, **where: Any) -> None:
    """List who may do what, and which collections pass it on."""
    output = Output()
    listed = JsonList(output)
    rows: list[tuple[str, ...]] = []

    def take(record: Record, shown: Shown) -> None:
        if as_json:
            listed.add(record | {"local_path": shown.local(record["path"])})
            return
        path = shown.path(record["path"])
        rows.extend(
            (path, f"{each['user']}#{each['zone']}", each["type"], each["level"]) for each in record["permissions"]
        )
        if "inherits" in record:
            rows.append((path, "-", "inheritance", "on" if record["inherits"] else "off"))

    performing = Performing(as_json=as_json)
    performing.run("acl-ls", targets(paths, **where), {"recursive": recursive}, take)
    if as_json:
        listed.end()
    elif rows:
        alone = len({row[0] for row in rows}) == 1 and not recursive
        output.table(("PATH", "USER", "TYPE", "PERMISSION")[alone:], [row[alone:] for row in rows])
    output.flush()
    performing.end()


@acl.command("set", epilog=EPILOG)
@click.argument("level")
@click.argument("user")
@on_paths
@recursively
@as_admin
@on_entries
def set_(level: str, user: str, paths: tuple[str, ...], **options: Any) -> None:
    """Give USER the access LEVEL on PATHs, in the place of the one it has."""
    _change("acl-set", paths, {"level": level.lower(), "user": name_of(user)}, **options)


@acl.command(epilog=EPILOG)
@click.argument("user")
@on_paths
@recursively
@as_admin
@on_entries
def rm(user: str, paths: tuple[str, ...], **options: Any) -> None:
    """Take away what USER may do with PATHs."""
    _change("acl-set", paths, {"level": "null", "user": name_of(user)}, **options)


@acl.command(epilog=EPILOG)
@on_paths
@click.option("--off", is_flag=True, help="Stop it.")
@recursively
@as_admin
@on_entries
def inherit(paths: tuple[str, ...], *, off: bool, **options: Any) -> None:
    """Let what is made in collections get their permissions."""
    _change("acl-inherit", paths, {"enabled": not off}, **options)


@acl.command(epilog=EPILOG)
@click.argument("source")
@on_paths
@as_admin
@on_entries
def cp(source: str, paths: tuple[str, ...], *, mount: str | None, zone: str | None, **options: Any) -> None:
    """Give PATHs the permissions of SOURCE, beside those that they have."""
    (of_source,) = targets((source,), mount=mount, zone=zone, changes=True).parts
    _change("acl-cp", paths, {"source": of_source.paths[0]}, mount=mount, zone=zone, **options)


@acl.command(hidden=True)
@click.argument("path")
@click.argument("user")
@click.argument("level")
@recursively
@as_admin
@on_entries
def grant(path: str, user: str, level: str, **options: Any) -> None:
    """The same as set, with PATH first."""
    _change("acl-set", (path,), {"level": level.lower(), "user": name_of(user)}, **options)


@acl.command(hidden=True)
@click.argument("path")
@click.argument("user")
@recursively
@as_admin
@on_entries
def revoke(path: str, user: str, **options: Any) -> None:
    """The same as rm, with PATH first."""
    _change("acl-set", (path,), {"level": "null", "user": name_of(user)}, **options)


def _change(
    action: str,
    paths: tuple[str, ...],
    asked: Record,
    *,
    files_from: str | None,
    mount: str | None,
    zone: str | None,
    as_json: bool,
    **flags: bool,
) -> None:
    if not paths and files_from is None:
        raise click.UsageError("There is no path: name one.")
    output = Output()
    done = JsonList(output)
    performing = Performing(as_json=as_json)
    chosen = targets(paths, files_from=files_from, mount=mount, zone=zone, changes=True)
    performing.run(action, chosen, asked | flags, lambda record, _shown: done.add(record) if as_json else None)
    if as_json:
        done.end()
    output.flush()
    performing.end()
