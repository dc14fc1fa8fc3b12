"""Failures as the iRODS protocol reports them: a negative code, and messages when the server says more."""

from __future__ import annotations

import csv
from importlib.resources import files

CODES = {
    row["name"]: int(row["code"])
    for row in csv.DictReader(files(__package__).joinpath("errors.csv").read_text().splitlines())
}
"""The server's error table (5.0.2): the number of every error it has a name for."""

NAMES = {number: name for name, number in CODES.items()}


class IrodsError(Exception):
    """A failure an API answers with.

    ``code`` is an iRODS error's name (as in the server's error table) or its number; an ``errno`` of the operating
    system is folded into its last three digits. ``message`` goes into the reply's error stack with status 0, followed
    by the (status, message) pairs of ``stack``.
    """

    def __init__(
        self, code: int | str, message: str | None = None, errno: int = 0, stack: tuple[tuple[int, str], ...] = ()
    ) -> None:
        self.code = (code if isinstance(code, int) else code_of(code)) - errno
        self.message = message
        self.stack = (*(((0, message),) if message is not None else ()), *stack)
        super().__init__(message or f"iRODS error {self.code}")


class ProtocolError(Exception):
    """Bytes that are no iRODS message; the connection they came on ends."""


def code_of(name: str) -> int:
    """The number of a named iRODS error."""
    return CODES[name]


def name_of(code: int) -> str:
    """The name of an error, whatever errno it carries in its last three digits."""
    return NAMES.get(code) or NAMES.get(-(-code // 1000 * 1000)) or str(code)


def traced(name: str, place: str, function: str, text: str) -> IrodsError:
    """A failure with the stack of source lines that the server makes of it; what it is about stands at its end."""
    line = (
        f"[-]\t/irods_source/server/core/src/{place}:irods::error {function} :  status [{name}]  errno [] -- message "
    )
    return named(name, f"\n\n{line}[{text}]\n\n")


def named(code: int | str, text: str) -> IrodsError:
    """A failure whose message names it, as the server's newer APIs report it."""
    number = code if isinstance(code, int) else code_of(code)
    return IrodsError(number, stack=((number, text),))
