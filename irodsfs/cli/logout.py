from __future__ import annotations

import click


@click.command()
def logout() -> None:
    """Remove the password that a login keeps.

    The settings stay, and mounts go on with the connections that they have.
    """
    from irodsfs.config.environment import default_environment_file
    from irodsfs.config.keeping import forget

    removed = forget(default_environment_file())
    click.echo("No password is kept." if removed is None else f"{removed} is removed.")
