from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.people_and_places import asking_zone, show


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@asking_zone
def group(names: tuple[str, ...], **where: Any) -> None:
    """Show groups with their members: all, or those of the names."""
    show(
        "group",
        names,
        ("GROUP", "MEMBERS"),
        lambda record: (record["group"], ", ".join(record["members"])),
        **where,
    )
