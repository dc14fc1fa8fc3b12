from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

import click

from irodsfs.user_errors import ConfigurationError, IrodsfsError

if TYPE_CHECKING:
    from irodsfs.config import ZoneAccount

SHORTEST, LONGEST = 3, 42
"""Characters that a password of iRODS may have."""


@click.command()
@click.option("--zone", metavar="ZONE", help="Log in to ZONE, an address or environment file as for mount.")
def passwd(zone: str | None) -> None:
    """Change your password in the zone.

    The new one is asked for twice on a terminal, else read from the first line of standard input. A password that a
    login keeps is replaced; mounts take the new one from there.
    """
    from irodsfs.config import Setting
    from irodsfs.config.load import load_login

    interactive = sys.stdin.isatty()
    named = Setting(zone, "--zone") if zone is not None else None
    account = load_login(named, getpass.getpass if interactive else None)
    if account.authentication_scheme != "native":
        raise ConfigurationError(
            f"The password of {account.user} is not the zone's own ({account.authentication_scheme}): "
            "change it where the site keeps passwords."
        )
    new = _asked() if interactive else sys.stdin.readline().rstrip("\n")
    _change(account, new)
    click.echo(f"The password of {account.user} is changed.")


def _asked() -> str:
    first = getpass.getpass("New password: ")
    if getpass.getpass("The same again: ") != first:
        raise IrodsfsError("The two passwords are not the same: nothing is changed.")
    return first


def _change(account: ZoneAccount, new: str) -> None:
    from irods.exception import iRODSException

    from irodsfs.config.keeping import replace_kept
    from irodsfs.grid.first_login import change_password

    assert account.password is not None, "a login has one"
    old = account.password.get_secret_value()
    if not SHORTEST <= len(new) <= LONGEST:
        raise ConfigurationError(f"A password has {SHORTEST} to {LONGEST} characters: nothing is changed.")
    try:
        change_password(account, old, new)
    except iRODSException as error:
        raise IrodsfsError(f"The zone refused the new password ({type(error).__name__}).") from None
    replace_kept(account, old, new)
