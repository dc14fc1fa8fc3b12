"""What goes wrong between us and a zone, as exceptions.

Errors that a zone answers are python-irodsclient's own classes (`irods.exception`), so one vocabulary serves everybody;
what happens to the line itself is a `ZoneUnreachable` or one of its kinds.
"""

from __future__ import annotations

import errno
import re

from irods.exception import (
    PycommandsException,
    UnknowniRODSError,
    get_exception_class_by_code,
    iRODSException,
)


class LoginNeedsTls(Exception):
    """A PAM password would go over a line that nothing protects: the zone must be reached with TLS for that."""


class WrongZone(Exception):
    """The server belongs to another zone, `name`, than the one whose user is to log in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the zone there is {name}")
        self.name = name


class OneLoginOnly(Exception):
    """The password was good for the first login, and is used up by that."""


class ZoneUnreachable(Exception):
    """The connection could not be opened, broke, or answered with something that is not the protocol."""


class ZoneTimeout(ZoneUnreachable):
    """The zone did not answer within the configured time."""


class LinkBroken(ZoneUnreachable):
    """The server has lost its link to another server, behind which the request was to be done, and may have been.

    It never makes a new one on the connection that was asked: that must not be used again.
    """


class NotIrods(ZoneUnreachable):
    """Something answers that does not speak the protocol."""


class ServerFull(ZoneUnreachable):
    """The server has as many connections as it allows."""


class TlsFailure(ZoneUnreachable):
    """Server and client do not get a protected line together; trying again does not help."""


class TlsRequired(TlsFailure):
    """The server wants TLS, and the client is to do without."""


class TlsRefused(TlsFailure):
    """The client is to use TLS, and the server does without."""


# SYS_SOCK_*, SYS_HEADER_* and SYS_READ_MSG_BODY_*: a message between two servers did not arrive.
_OF_BROKEN_LINKS = frozenset({-1000, -2000, -3000, -4000, -5000, -6000, -11000, -116000, -155000, -161000})
_OF_SILENT_LINKS = frozenset({-115000})  # SYS_SOCK_READ_TIMEDOUT


ZONE_FAILURES = (iRODSException, PycommandsException, ZoneUnreachable)
"""The zone said no, or the line broke: how zones and lines prevent something."""

TRANSFER_FAILURES = (*ZONE_FAILURES, OSError)
"""The same, or this machine has no room: how bytes are prevented from coming or going."""


def zone_error(code: int, message: str | None = None) -> iRODSException:
    """The exception for an iRODS error number; numbers that python-irodsclient has no class for keep their code."""
    kind = get_exception_class_by_code(code) or UnknowniRODSError
    error = kind(message) if message else kind()
    error.code = code
    return error


def without_errno(code: object) -> int:
    """An iRODS error number without the errno that may be in its last three digits; 0 for what is none."""
    return -(-code // 1000 * 1000) if isinstance(code, int) and code < 0 else 0


def has_lost_link(status: int) -> bool:
    """Whether a server says that a link of its own is broken, on which the connection relies."""
    number = -status % 1000
    # Rules may fail with any number that they like.
    return without_errno(status) in _OF_BROKEN_LINKS and (not number or number in errno.errorcode)


def has_silent_link(status: int) -> bool:
    """Whether a server says that it has waited for another one in vain."""
    return without_errno(status) in _OF_SILENT_LINKS


def is_about_ticket(error: BaseException) -> bool:
    """Whether the zone refused a ticket: it is unknown, used up, expired, or not for this user, group or host."""
    code = getattr(error, "code", 0)
    return isinstance(code, int) and -900_000 < code <= -890_000


def describe(error: BaseException) -> str:
    """One line for the log: class, number and message of an error."""
    return _named(error, _detail(error))


def summarise(error: BaseException) -> str:
    """One line for people: what `describe` says, but of the server's stack of source lines the last message only."""
    detail = _detail(error)
    messages = [_within_brackets(part) for part in detail.split(_MESSAGE)[1:]]
    return _named(error, next((message for message in reversed(messages) if message), "" if messages else detail))


_MESSAGE = " -- message ["
_BREAK = re.compile(r"\s*[\t\n\v\f\r]\s*")


def _detail(error: BaseException) -> str:
    return _BREAK.sub(" ", " ".join(str(argument) for argument in error.args if argument)).strip()


def _named(error: BaseException, detail: str) -> str:
    code = getattr(error, "code", None)
    number = f" {code}" if isinstance(code, int) else ""
    return f"{type(error).__name__}{number}{': ' + detail if detail else ''}"


def _within_brackets(text: str) -> str:
    """What is before the bracket that closes one opened before the text."""
    depth = 1
    for position, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth == 0:
            return text[:position]
    return text
