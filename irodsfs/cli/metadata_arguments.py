"""What is given to `irodsfs meta`: whose metadata, and which."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from irodsfs.cli.entry_options import REACHING, with_options
from irodsfs.cli.printing import name_of
from irodsfs.cli.targets import Targets, targets

Triple = tuple[str, ...]
"""Attribute, value, units; the last ones may be left out."""


@dataclass(frozen=True)
class Owners:
    """Entries as targets, or users and resources by name."""

    targets: Targets
    recursive: bool
    users: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        """As the actions on metadata take them, but for paths."""
        return {"recursive": self.recursive, "users": list(self.users), "resources": list(self.resources)}


owned = with_options(
    click.option("--recursive", "-r", is_flag=True, help="Of everything below, too."),
    click.option("--user", "users", metavar="NAME", multiple=True, help="Of a user instead of a path."),
    click.option("--resource", "resources", metavar="NAME", multiple=True, help="Of a resource instead of a path."),
    *REACHING,
)
"""The options that say whose metadata is meant."""


def owners_of(
    paths: Sequence[str],
    *,
    recursive: bool,
    users: tuple[str, ...],
    resources: tuple[str, ...],
    files_from: str | None,
    mount: str | None,
    zone: str | None,
    changes: bool = False,
) -> Owners:
    """Of the arguments that are paths, and the options of `owned`. Raises `click.UsageError`."""
    if (users or resources) and (paths or files_from):
        raise click.UsageError("Paths, --user and --resource exclude each other: give one kind of them.")
    if changes and not (paths or files_from or users or resources):
        raise click.UsageError("There is no path: name one, or --user, or --resource.")
    chosen = targets(paths, files_from=files_from, mount=mount, zone=zone, changes=changes)
    return Owners(chosen, recursive, tuple(map(name_of, users)), tuple(map(name_of, resources)))


def split(arguments: Sequence[str], avus: Sequence[str], *, named: bool, least: int) -> tuple[list[str], list[Triple]]:
    """Paths and metadata: all arguments are paths with `--avu`, else PATH ATTRIBUTE [VALUE [UNITS]].

    `named`: users or resources are, so that there is no path. `least`: how many parts the metadata must have.
    """
    if avus:
        return list(arguments), [_triple(text, least) for text in avus]
    paths, parts = ([], list(arguments)) if named else (list(arguments[:1]), list(arguments[1:]))
    if not least <= len(parts) <= 3:
        raise click.UsageError(
            "Give one PATH with ATTRIBUTE, VALUE and UNITS; for several paths write the metadata as --avu 'A=V;U'."
        )
    if not named and os.path.lexists(parts[0]) and os.path.lexists(paths[0]):
        # A pattern that the shell has replaced by several names must not become an attribute.
        raise click.UsageError(f"{parts[0]} is a path, too: with several paths write the metadata as --avu 'A=V;U'.")
    return paths, [tuple(map(name_of, parts))]


def _triple(text: str, least: int) -> Triple:
    attribute, equals, rest = name_of(text).partition("=")
    value, _, units = rest.partition(";")
    if not attribute or (least > 1 and not value) or (equals and not value):
        raise click.UsageError(f"{text!r} is no metadata: write ATTRIBUTE=VALUE or ATTRIBUTE=VALUE;UNITS.")
    return tuple(filter(None, (attribute, value, units)))
