"""The questions of `irodsfs login`, and what it says."""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from irodsfs.config import Setting, ZoneAccount
from irodsfs.config.address import parse_beginning
from irodsfs.config.environment import default_environment_file, read_environment_file, read_environment_variables
from irodsfs.config.keeping import keep
from irodsfs.config.load import PASSWORD_VARIABLE
from irodsfs.config.settings import build
from irodsfs.grid.first_login import INTERACTIVE, NATIVE, PAM, REFUSE, REQUIRE, Greeted, greet, sign_in, with_policy
from irodsfs.user_errors import AuthenticationError, ConfigurationError, UnknownUserError

PORT = 1247
IDENTITY = ("host", "port", "user", "zone")
PAM_PASSWORD_SINCE = (4, 3)
"""Before, the scheme was called `pam`."""

Settings = dict[str, Setting]


def sign_in_to(
    address: str | None, hours: int | None, password_file: Path | None, scheme: str | None, ca_certificate: Path | None
) -> None:
    """Log in, keep what is needed to do so again, and print how to mount. Raises `IrodsfsError`."""
    file = default_environment_file().absolute()
    known = _known(address, file)
    if ca_certificate is not None:
        known["ssl_ca_certificate_file"] = Setting(ca_certificate, "--ca-certificate")
    if scheme is not None:
        known["authentication_scheme"] = Setting(scheme, "--scheme")
    _ask(known, "host", "Host of the iRODS server")
    _ask(known, "port", "Port", PORT)
    nobody = build(ZoneAccount, {"user": _unknown("user"), "zone": _unknown("zone")} | known)
    server = greet(nobody)
    _introduce(nobody, server)
    _ask(known, "user", "User")
    _ask(known, "zone", "Zone", server.info.zone)
    account = with_policy(build(ZoneAccount, known), REQUIRE if server.uses_tls else REFUSE)
    schemes = _schemes(account, server, chosen="authentication_scheme" in known)
    password = "" if schemes == [INTERACTIVE] else _password(account, password_file)
    account, kept = _first_that_works(account, server, schemes, password, hours)
    secret = keep(account, kept, file, scheme=_called(account.authentication_scheme, server))
    click.echo(f"{account.user} is logged in ({account.authentication_scheme}): {file}, {secret}")
    click.echo("On an empty directory, such as this one, it is mounted with")
    directory = shlex.quote(str(Path.home() / account.zone))
    click.echo(f"mkdir -p {directory}")
    click.echo(f"irodsfs mount {_environment(file)}{directory}")


def _known(address: str | None, file: Path) -> Settings:
    own = {**(read_environment_file(file) if file.exists() else {}), **read_environment_variables()}
    if address is None:
        return own
    named = parse_beginning(address)
    same = all(key in own and str(own[key].value) == str(named[key].value) for key in IDENTITY if key in named)
    return {**own, **named} if same else named


def _unknown(name: str) -> Setting:
    return Setting("unknown", name)


def _ask(known: Settings, key: str, question: str, default: Any = None) -> None:
    if key in known:
        return
    if sys.stdin.isatty():
        known[key] = Setting(click.prompt(question, default=default, err=True), question)
    elif default is not None:
        known[key] = Setting(default, question)
    else:
        raise ConfigurationError(
            f"There is no terminal to ask for the {key} on: name it, as in irodsfs login irods://user@host:port/zone."
        )


def _introduce(account: ZoneAccount, server: Greeted) -> None:
    line = "with TLS" if server.uses_tls else "without TLS"
    release = server.info.release.removeprefix("rods")
    click.echo(f"{account.host}:{account.port} is iRODS {release}, zone {server.info.zone}, {line} ({server.policy})")
    if server.obstacle:
        click.echo(f"TLS can't be had there. {server.obstacle}", err=True)


def _schemes(account: ZoneAccount, server: Greeted, *, chosen: bool) -> list[str]:
    """Those to try: a native login tells nobody the password, so it comes first."""
    if account.authentication_scheme == INTERACTIVE and server.version < PAM_PASSWORD_SINCE:
        raise ConfigurationError(f"{INTERACTIVE} needs iRODS 4.3: log in with {PAM} or {NATIVE}.")
    if chosen:
        return [account.authentication_scheme]
    return [NATIVE, PAM] if server.uses_tls else [NATIVE]


def _first_that_works(
    account: ZoneAccount, server: Greeted, schemes: list[str], password: str, hours: int | None
) -> tuple[ZoneAccount, str]:
    refusals: list[AuthenticationError] = []
    for scheme in schemes:
        candidate = account.model_copy(update={"authentication_scheme": scheme, "password": SecretStr(password)})
        try:
            return candidate, sign_in(candidate, server.info.zone, hours, _show)
        except AuthenticationError as error:
            refusals.append(error)
    if len(refusals) > 1 and isinstance(refusals[0], UnknownUserError):
        raise UnknownUserError(
            f"Zone {account.zone} on {account.host}:{account.port} refused {account.user}: it has no password of its "
            "own for such a user, and PAM does not take this one. Check the user name, and the password."
        ) from refusals[-1]
    # What the zone says of a password of its own is more than PAM ever says.
    raise refusals[0]


def _show(text: str) -> None:
    click.echo(text, err=True)


def _password(account: ZoneAccount, file: Path | None) -> str:
    if account.user == "anonymous":
        return ""
    if file is not None:
        return _only_line(file)
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {account.user} in zone {account.zone}: ")
    line = sys.stdin.readline().removesuffix("\n")
    if not line:
        raise ConfigurationError(
            f"There is no password for {account.user}: give --password-file, or pass it on standard input."
        )
    return line


def _only_line(file: Path) -> str:
    try:
        password = file.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} (--password-file) can't be read as a password: {error}.") from None
    if not password or "\n" in password:
        raise ConfigurationError(f"{file} (--password-file) does not hold a password: write one line into it.")
    return password


def _called(scheme: str, server: Greeted) -> str:
    return "pam" if scheme == PAM and server.version < PAM_PASSWORD_SINCE else scheme


def _environment(file: Path) -> str:
    usual = file == Path("~/.irods/irods_environment.json").expanduser()
    return "" if usual else f"{shlex.quote(str(file))} "
