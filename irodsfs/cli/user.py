from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.people_and_places import asking_zone, show


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@asking_zone
def user(names: tuple[str, ...], **where: Any) -> None:
    """Show users with their groups: all, or those of the names, as name or name#zone."""
    show(
        "user",
        names,
        ("USER", "TYPE", "GROUPS"),
        lambda record: (f"{record['user']}#{record['zone']}", record["type"], ", ".join(record["groups"])),
        **where,
    )
