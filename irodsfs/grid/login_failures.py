"""What prevents logging in to a zone: the one table of how each is told to the user."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import irods.exception as ex

from irodsfs.config import ZoneAccount
from irodsfs.grid.errors import (
    ZONE_FAILURES,
    LoginNeedsTls,
    NotIrods,
    OneLoginOnly,
    ServerFull,
    TlsFailure,
    TlsRefused,
    TlsRequired,
    WrongZone,
    ZoneTimeout,
    ZoneUnreachable,
    summarise,
)
from irodsfs.user_errors import (
    AuthenticationError,
    ConfigurationError,
    IrodsfsError,
    MountError,
    ServerFullError,
    TlsError,
    UnknownUserError,
    UnreachableError,
    WrongZoneError,
)

PREVENTS_LOGIN = (*ZONE_FAILURES, LoginNeedsTls, OneLoginOnly, WrongZone, ValueError, OSError)
"""Whatever connecting and logging in may raise."""

UNKNOWN_USER = (ex.CAT_INVALID_USER, ex.SYS_INVALID_ZONE_NAME)
"""What a zone answers about a user that it does not know; one of another zone, too."""

NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES, errno.EPERM)

# Numbers of OpenSSL's: X509_V_ERR_...
EXPIRED, NOT_YET_VALID = 10, 9
OTHER_NAME = (62, 64)  # host name, address
UNKNOWN_ISSUER = (2, 18, 19, 20, 21)


Applies = Callable[[BaseException], bool]


@dataclass(frozen=True)
class LoginFailure:
    """A row: what it `applies` to, an error or one of its causes; the `sentence` may name what `_told` knows."""

    name: str
    applies: Applies
    kind: type[IrodsfsError]
    sentence: str


def _is(*kinds: type[BaseException]) -> Applies:
    return lambda error: isinstance(error, kinds)


def _certificate(*codes: int) -> Applies:
    return lambda error: isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in codes


def _numbered(*numbers: int) -> Applies:
    # The number of an SSLError is one of OpenSSL's.
    return lambda error: isinstance(error, OSError) and error.errno in numbers and not isinstance(error, ssl.SSLError)


LOGIN_FAILURES = (
    LoginFailure(
        "temporary password",
        _is(OneLoginOnly),
        AuthenticationError,
        "This password of {user} in zone {zone} was good for one login only, and more connections are needed: take one "
        "that lasts, or run irodsfs login with the password itself.",
    ),
    LoginFailure(
        "time to live",
        _is(ex.PAM_AUTH_PASSWORD_INVALID_TTL),
        ConfigurationError,
        "Zone {zone} on {where} does not let passwords live for that long, or for so short a time: give another --ttl.",
    ),
    LoginFailure(
        "expired password",
        _is(ex.CAT_PASSWORD_EXPIRED),
        AuthenticationError,
        "Zone {zone} on {where} refused {user}, whose password has expired: run irodsfs login.",
    ),
    LoginFailure(
        "wrong password",
        _is(ex.CAT_INVALID_AUTHENTICATION, ex.PAM_AUTH_PASSWORD_FAILED),
        AuthenticationError,
        "Zone {zone} on {where} refused {user} with this password ({error}): run irodsfs login, "
        "or set IRODSFS_PASSWORD.",
    ),
    LoginFailure(
        "wrong zone name",
        _is(WrongZone),
        WrongZoneError,
        "Zone {zone} is not the one that answers on {where}, and has no user {user} there ({error}): correct its name.",
    ),
    LoginFailure(
        "unknown user",
        _is(*UNKNOWN_USER),
        UnknownUserError,
        "Zone {zone} on {where} refused {user}, whom it does not know ({error}): check the user name, "
        "and whether it is a PAM password that the user has.",
    ),
    LoginFailure(
        "PAM without TLS",
        _is(LoginNeedsTls),
        ConfigurationError,
        "The scheme {scheme} needs TLS, so that nobody reads the password on its way to {where}: set "
        "irods_client_server_policy to CS_NEG_REQUIRE.",
    ),
    LoginFailure(
        "no answer to a question",
        _is(EOFError),
        ConfigurationError,
        "The zone asks {user} more than standard input answers: run irodsfs login in a terminal, or give a line for "
        "each question.",
    ),
    LoginFailure(
        "unknown name",
        _is(socket.gaierror),
        UnreachableError,
        "The name {host} is not known ({error}): check it, and the network.",
    ),
    LoginFailure(
        "nothing there",
        _is(ConnectionRefusedError),
        UnreachableError,
        "No server at all answers on {where} ({error}): check the port, and that the server runs.",
    ),
    LoginFailure(
        "no route",
        _numbered(*NO_ROUTE),
        UnreachableError,
        "There is no way from here to {where} ({error}): check the address, and the network.",
    ),
    LoginFailure(
        "silence",
        _is(ZoneTimeout, TimeoutError),
        UnreachableError,
        "Nothing answers on {where} in time: check host and port, and whether a firewall is in between.",
    ),
    LoginFailure(
        "something else",
        _is(NotIrods),
        UnreachableError,
        "What answers on {where} is no iRODS server ({error}): check the port, which is 1247 "
        "where nobody chose another.",
    ),
    LoginFailure(
        "server full",
        _is(ServerFull),
        ServerFullError,
        "The iRODS server on {where} is full ({error}): try again later, or ask its administrator for more.",
    ),
    LoginFailure(
        "TLS required",
        _is(TlsRequired),
        TlsError,
        "Zone {zone} on {where} requires TLS: set irods_client_server_policy to CS_NEG_REQUIRE.",
    ),
    LoginFailure(
        "TLS refused",
        _is(TlsRefused),
        TlsError,
        "Zone {zone} on {where} does without TLS, which CS_NEG_REQUIRE demands: if you may do without, set "
        "irods_client_server_policy to CS_NEG_REFUSE.",
    ),
    LoginFailure(
        "expired certificate",
        _certificate(EXPIRED),
        TlsError,
        "The certificate of {where} has expired: ask its administrator for a new one, and check the clock here.",
    ),
    LoginFailure(
        "certificate of the future",
        _certificate(NOT_YET_VALID),
        TlsError,
        "The certificate of {where} is not valid yet: check the clock here.",
    ),
    LoginFailure(
        "other host",
        _certificate(*OTHER_NAME),
        TlsError,
        "The certificate of {where} is for another host ({error}): use the name that is in it as irods_host.",
    ),
    LoginFailure(
        "unknown authority",
        _certificate(*UNKNOWN_ISSUER),
        TlsError,
        "The certificate of {where} comes from an authority that is not known here ({error}): name a file with the "
        "authority's certificate in irods_ssl_ca_certificate_file, or irodsfs login with --ca-certificate.",
    ),
    LoginFailure(
        "no TLS",
        _is(TlsFailure, ssl.SSLError),
        TlsError,
        "{where} does not get a line together that TLS protects ({error}): ask its administrator.",
    ),
    LoginFailure(
        "no zone",
        _is(ZoneUnreachable, OSError),
        UnreachableError,
        "No iRODS server answers on {where} ({error}): check host and port, and the network.",
    ),
    LoginFailure(
        "anything else",
        lambda error: True,
        MountError,
        "Logging in to zone {zone} on {where} as {user} failed: {error}.",
    ),
)


def explain_login(error: BaseException, account: ZoneAccount) -> IrodsfsError:
    """How an error of logging in with an account is told to the user."""
    row, cause = next((row, cause) for row in LOGIN_FAILURES for cause in _causes(error) if row.applies(cause))
    return row.kind(row.sentence.format(**_told(account, cause)))


def _told(account: ZoneAccount, cause: BaseException) -> dict[str, str]:
    return {
        "zone": account.zone,
        "where": f"{account.host}:{account.port}",
        "host": account.host,
        "user": account.user,
        "scheme": account.authentication_scheme,
        "error": _reason(cause),
    }


def _reason(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, (WrongZone, ZoneUnreachable)):
        return str(cause)
    return summarise(cause)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it came from: python-irodsclient hides what happened to a socket."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
