from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.people_and_places import asking_zone, show


@click.command()
@asking_zone
def server(**where: Any) -> None:
    """Show the release of the server behind, its zone, and as whom it is asked."""
    show("server", None, (), lambda record: (), **where)
