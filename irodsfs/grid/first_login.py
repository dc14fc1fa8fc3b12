"""Logging in for the first time: what a server wants, and the password that it gives or takes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import GetPassWarning

from irods.api_number import api_number
from irods.auth import CLIENT_GET_REQUEST_RESULT, FORCE_PASSWORD_PROMPT, STORE_PASSWORD_IN_MEMORY
from irods.client_configuration import legacy_auth
from irods.message import IntegerProperty, Message, StringProperty, UserAdminRequest, iRODSMessage
from irods.password_obfuscation import create_temp_password, obfuscate_new_password
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.grid.connection import Login, logging_in
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import OneLoginOnly, TlsFailure, WrongZone
from irodsfs.grid.greeting import ask_policy
from irodsfs.grid.irods_sessions import open_session
from irodsfs.grid.login_failures import PREVENTS_LOGIN, UNKNOWN_USER, explain_login
from irodsfs.grid.server_info import ServerInfo, introduce
from irodsfs.user_errors import ConfigurationError

REFUSE, REQUIRE = "CS_NEG_REFUSE", "CS_NEG_REQUIRE"
INTERACTIVE, PAM, NATIVE = "pam_interactive", "pam_password", "native"
GET_LIMITED_PASSWORD = 726
SECONDS = 30.0
"""How long a server may take for each step."""


class _LimitedPasswordInput(Message):  # type: ignore[misc]  # python-irodsclient has no types
    _name = "getLimitedPasswordInp_PI"
    ttl = IntegerProperty()
    unused1 = StringProperty()


class _LimitedPasswordOutput(Message):  # type: ignore[misc]
    _name = "getLimitedPasswordOut_PI"
    stringToHashWith = StringProperty()  # noqa: N815


@dataclass(frozen=True)
class Greeted:
    """A server before login: what it is, its side of the negotiation, and whether it is reached with TLS.

    `obstacle` is why not, where both might have used it.
    """

    info: ServerInfo
    policy: str
    uses_tls: bool
    obstacle: str = ""

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.info.release.removeprefix("rods").split(".") if part.isdecimal())


@contextmanager
def told(account: ZoneAccount) -> Iterator[None]:
    """What prevents logging in, as `IrodsfsError`."""
    try:
        with logging_in():
            yield
    except PREVENTS_LOGIN as error:
        raise explain_login(error, account) from error


def greet(account: ZoneAccount) -> Greeted:
    """Ask a server what it wants: with TLS where it lets choose, unless that can't be had. Raises `IrodsfsError`."""
    nobody = account.model_copy(
        update={"user": "anonymous", "password": SecretStr(""), "authentication_scheme": NATIVE}
    )
    obstacle = ""
    with told(account):
        policy = ask_policy(account.host, account.port, SECONDS)
        # Who has required TLS once is not talked out of it.
        if policy != REFUSE or account.client_server_policy == REQUIRE:
            try:
                info = introduce(open_session(with_policy(nobody, REQUIRE), SECONDS))
                return Greeted(info, policy, uses_tls=True)
            except TlsFailure as error:
                if REQUIRE in (policy, account.client_server_policy):
                    raise
                obstacle = explain_login(error, account).message
        info = introduce(open_session(with_policy(nobody, REFUSE), SECONDS))
    return Greeted(info, policy, uses_tls=False, obstacle=obstacle)


def with_policy(account: ZoneAccount, policy: str) -> ZoneAccount:
    return account.model_copy(
        update={"client_server_policy": policy, "client_server_negotiation": "request_server_negotiation"}
    )


def sign_in(account: ZoneAccount, zone: str, hours: int | None, show: Callable[[str], None]) -> str:
    """Log in as an account says, and once more with what is kept of that: the answer. Raises `IrodsfsError`.

    `zone` is that of the server.

    `hours` is how long the password to keep shall live; of native ones another is made then. `show` gets what a flow of
    `pam_interactive` says; its questions go to the terminal, or to standard input where there is none.
    """
    with told(account), _saying(show):
        with _zone_known(account, lambda: zone):
            kept = _native(account, hours) if account.authentication_scheme == NATIVE else _made_by_zone(account, hours)
        again = account.model_copy(update={"password": SecretStr(kept), "password_made_by_server": True})
        login = Login(open_session(again, SECONDS))
        try:
            login.log_in()
        except LOGIN_REFUSED as error:
            raise OneLoginOnly("the second login was refused") from error
        login.disconnect()
    return kept


def change_password(account: ZoneAccount, old: str, new: str) -> None:
    """Give oneself another native password. Raises `IrodsfsError` for the login, `iRODSException` for the change."""
    login = Login(open_session(account, SECONDS))
    with told(account), _zone_known(account, lambda: introduce(open_session(account, SECONDS)).zone):
        login.log_in()
    try:
        scrambled = obfuscate_new_password(new, old, login.client_signature)
        message = UserAdminRequest("userpw", account.user, "password", scrambled)
        login.send(iRODSMessage("RODS_API_REQ", msg=message, int_info=api_number["USER_ADMIN_AN"]))
        login.recv()
    finally:
        login.disconnect()


@contextmanager
def _zone_known(account: ZoneAccount, zone: Callable[[], str]) -> Iterator[None]:
    """Raises `WrongZone` when it is for that reason that the user is unknown: `zone` answers that of the server."""
    try:
        yield
    except UNKNOWN_USER as error:
        if account.zone != (there := zone()):
            raise WrongZone(there) from error
        raise


def _native(account: ZoneAccount, hours: int | None) -> str:
    password = account.password.get_secret_value() if account.password else ""
    login = Login(open_session(account, SECONDS))
    login.log_in()
    if hours is not None:
        message = _LimitedPasswordInput(ttl=hours, unused1="")
        login.send(iRODSMessage("RODS_API_REQ", msg=message, int_info=GET_LIMITED_PASSWORD))
        salt = login.recv().get_main_message(_LimitedPasswordOutput).stringToHashWith
        password = str(create_temp_password(salt, password))
    login.disconnect()
    return password


def _made_by_zone(account: ZoneAccount, hours: int | None) -> str:
    made: list[str] = []
    session = open_session(account, SECONDS)
    scheme = account.authentication_scheme
    options = {CLIENT_GET_REQUEST_RESULT: made, STORE_PASSWORD_IN_MEMORY: True}
    if scheme == INTERACTIVE:
        options[FORCE_PASSWORD_PROMPT] = True
    if hours is not None:
        options["time_to_live_in_hours" if scheme == INTERACTIVE else "a_ttl"] = str(hours)
    for key, value in options.items():
        session.set_auth_option_for_scheme(scheme, key, value)
    # Servers before 4.3 are logged in to in another way, which knows other options.
    session.pool.account.store_pw = made
    legacy_auth.pam.time_to_live_in_hours = hours or 0
    login = Login(session)
    login.log_in()
    login.disconnect()
    if not made:
        raise ConfigurationError(
            f"Zone {account.zone} has not made a password for {account.user}: ask its administrator."
        )
    return made[0]


@contextmanager
def _saying(show: Callable[[str], None]) -> Iterator[None]:
    """What a flow says without asking, which python-irodsclient only logs; its secrets may come through a pipe."""
    logger = logging.getLogger("irods.auth.pam_interactive")
    handler = _Shown(show)
    level, propagates = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GetPassWarning)
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates


class _Shown(logging.Handler):
    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.INFO and record.args:
            self._show(str(record.args[0] if isinstance(record.args, tuple) else record.args))
