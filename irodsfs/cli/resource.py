from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.people_and_places import asking_zone, show


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@asking_zone
def resource(names: tuple[str, ...], **where: Any) -> None:
    """Show resources with their hierarchies, hosts and vaults: all, or those of the names."""
    show(
        "resource",
        names,
        ("RESOURCE", "TYPE", "HOST", "STATUS", "VAULT"),
        lambda record: (
            "  " * record["hierarchy"].count(";") + record["resource"],
            record["type"],
            record["host"],
            record["status"] or "-",
            record["vault"],
        ),
        **where,
    )
