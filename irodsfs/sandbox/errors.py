"""Failures as the iRODS protocol reports them: a negative code, and a message when the server says more."""

from __future__ import annotations

from irods import exception as known


class IrodsError(Exception):
    """A failure an API answers with.

    ``code`` is an iRODS error's name (as in the server's error table) or its number; an ``errno`` of the operating
    system is folded into its last three digits. ``message`` goes into the reply's error stack.
    """

    def __init__(self, code: int | str, message: str | None = None, errno: int = 0) -> None:
        self.code = (code if isinstance(code, int) else code_of(code)) - errno
        self.message = message
        super().__init__(message or f"iRODS error {self.code}")


class ProtocolError(Exception):
    """Bytes that are no iRODS message; the connection they came on ends."""


def code_of(name: str) -> int:
    """The number of a named iRODS error."""
    return int(getattr(known, name).code)
