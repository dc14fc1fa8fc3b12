"""Failures as the iRODS protocol reports them: a negative code, and messages when the server says more."""

from __future__ import annotations

from irods import exception as known

UNKNOWN_TO_CLIENT = {
    "SYS_PHY_PATH_INUSE": -120000,
    "PATH_REG_NOT_ALLOWED": -129000,
    "SYS_INTERNAL_ERR": -154000,
    "SYS_NO_GOOD_REPLICA": -166000,
    "JSON_VALIDATION_ERROR": -172000,
    "USER_FILE_SIZE_MISMATCH": -401000,
    "USER_INVALID_REPLICA_INPUT": -403000,
    "USER_INCOMPATIBLE_OPEN_FLAGS": -404000,
    "INTERMEDIATE_REPLICA_ACCESS": -405000,
    "CAT_PSEUDO_RESC_MODIFY_DISALLOWED": -854000,
    "CAT_HOSTNAME_INVALID": -855000,
    "CAT_INVALID_CHILD": -857000,
    "CAT_INVALID_RESOURCE_NAME": -859000,
    "CAT_RESOURCE_NAME_LENGTH_EXCEEDED": -861000,
    "CAT_TICKET_USER_EXCLUDED": -893000,
    "CAT_TICKET_HOST_EXCLUDED": -894000,
    "CAT_TICKET_GROUP_EXCLUDED": -895000,
    "CAT_TICKET_WRITE_USES_EXCEEDED": -896000,
    "CAT_TICKET_WRITE_BYTES_EXCEEDED": -897000,
    "CHILD_EXISTS": -1802000,
    "CHILD_NOT_FOUND": -1804000,
    "NO_NEXT_RESC_FOUND": -1805000,
    "INVALID_OPERATION": -1811000,
    "CLIENT_NEGOTIATION_ERROR": -1824000,
    "SERVER_NEGOTIATION_ERROR": -1825000,
    "USER_NOT_IN_GROUP": -1830000,
    "DEPRECATED_API": -3001000,
}


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
    return UNKNOWN_TO_CLIENT[name] if name in UNKNOWN_TO_CLIENT else int(getattr(known, name).code)


def named(code: int | str, text: str) -> IrodsError:
    """A failure whose message names it, as the server's newer APIs report it."""
    number = code if isinstance(code, int) else code_of(code)
    return IrodsError(number, stack=((number, text),))
