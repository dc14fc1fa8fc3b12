"""Users and resources of an embedded zone that is served, made as its administrator."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from irods.exception import UserDoesNotExist, iRODSException
from irods.models import Resource
from irods.session import iRODSSession

from irodsfs.config import Setting
from irodsfs.config.load import load_login
from irodsfs.grid.errors import summarise
from irodsfs.grid.first_login import SECONDS, told
from irodsfs.grid.greeting import choose_policy
from irodsfs.grid.irods_sessions import open_session
from irodsfs.sandbox import pam_accounts
from irodsfs.sandbox.catalog.accounts import ANONYMOUS
from irodsfs.sandbox.served_zone import VAULTS
from irodsfs.user_errors import ConfigurationError, IrodsfsError

UNIX = "unixfilesystem"


def add_user(
    directory: Path, name: str, kind: str, password_file: Path | None, script: Path | None, *, is_pam: bool
) -> None:
    """Make a user, or tell PAM of one that is there; anonymous needs no password. Raises `IrodsfsError`."""
    steps = None if script is None else _script(script)
    needs_none = name == ANONYMOUS or (steps is not None and password_file is None and not is_pam)
    password = None if needs_none else _password(name, password_file)
    with _administrator(directory) as session:
        exists = _exists(session, name)
        if exists and not (is_pam or steps):
            raise IrodsfsError(f"There is a user {name} already.")
        if not exists:
            session.users.create(name, kind)
        if password is not None and not is_pam:
            session.users.modify(name, "password", password)
    if password is not None and is_pam:
        pam_accounts.add(directory, name, {"password": password})
    if steps is not None:
        pam_accounts.add(directory, name, {"script": steps})


def add_resource(directory: Path, name: str, vault: Path | None, location: str) -> Path:
    """Make a resource; answers where its files are."""
    place = (vault or directory / VAULTS / name).absolute()
    with _administrator(directory) as session:
        if any(row[Resource.name] == name for row in session.query(Resource.name)):
            raise IrodsfsError(f"There is a resource {name} already.")
        session.resources.create(name, UNIX, location, str(place))
    return place


@contextmanager
def _administrator(directory: Path) -> Iterator[iRODSSession]:
    account = load_login(Setting(str(directory / "irods_environment.json"), "--directory"), None)
    with told(account):
        session = open_session(account, SECONDS)
        choose_policy(session.pool.account, SECONDS)
        session.pool.release_connection(session.pool.get_connection())
    try:
        with session:
            yield session
    except iRODSException as error:
        raise IrodsfsError(f"Zone {account.zone} refused that: {summarise(error)}.") from error


def _exists(session: iRODSSession, name: str) -> bool:
    try:
        session.users.get(name)
    except UserDoesNotExist:
        return False
    return True


def _script(file: Path) -> pam_accounts.Script:
    try:
        return pam_accounts.parse_script(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} can't be read as a script: {error}.") from None


def _password(name: str, file: Path | None) -> str:
    if file is not None:
        try:
            password = file.read_text("utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file} can't be read as a password: {error}.") from None
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password of {name}: ")
    else:
        password = sys.stdin.readline().removesuffix("\n")
    if not password:
        raise ConfigurationError(
            f"There is no password for {name}: give --password-file, or pass it on standard input."
        )
    return password
