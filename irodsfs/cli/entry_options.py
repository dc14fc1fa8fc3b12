"""Options of all commands on entries: which paths, through which mount or session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from irodsfs.cli.targets import targets

Function = Callable[..., Any]


def with_options(*options: Function) -> Callable[[Function], Function]:
    """Gives a command options (and arguments), which its help shows in this order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


IN_ZONE = click.option("--zone", metavar="ZONE", help="Log in to ZONE, an address or environment file as for mount.")
REACHING = (
    click.option(
        "--files-from", metavar="FILE", help="Take the paths from FILE (-: standard input), by lines or NULs."
    ),
    click.option("--mount", metavar="DIR", help="Ask the mount that DIR lies on about paths of the zone."),
    IN_ZONE,
)
"""How paths are named and reached."""


def on_paths(*, changes: bool = False, required: bool = False, literal: bool = False) -> Callable[[Function], Function]:
    """Gives a command its `targets`, from PATH..., --files-from, --mount and --zone.

    `required`: without a PATH nothing is meant. `literal`: PATHs hold no wildcards.
    """

    def decorate(function: Function) -> Function:
        def command(
            paths: tuple[str, ...], files_from: str | None, mount: str | None, zone: str | None, **options: Any
        ) -> Any:
            if paths and files_from is not None:
                raise click.UsageError("PATH and --files-from exclude each other: give one of them.")
            if required and not paths and files_from is None:
                raise click.UsageError("There is no path: name one.")
            chosen = targets(paths, files_from=files_from, mount=mount, zone=zone, changes=changes, literal=literal)
            return function(chosen, **options)

        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        command = click.argument("paths", metavar="PATH..." if required else "[PATH]...", nargs=-1)(command)
        return with_options(*REACHING)(command)

    return decorate


NAMED_PATHS_HELP = (
    "PATH is a path on a mount, or a path of the zone: absolute, as /tempZone/home/alice, or relative to the home "
    "collection, as ~/x (in quotes) or irods:~/x. The wildcards *, ?, [...] and ** are for the zone when the shell "
    "leaves them."
)
PATHS_HELP = f"{NAMED_PATHS_HELP} Without PATH: where you are on a mount, else the home collection."

STATUSES_HELP = """\b
Exit status: 0 done; 2 wrong use; 6 a path does not exist, or you may not see it; 10 the zone refused.
"""
