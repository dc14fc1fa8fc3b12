"""Why an action could not do something, in words for people: a path, a reason, and what to do about it."""

from __future__ import annotations

from typing import Any

from irodsfs.grid.error_kinds import Kind, kind_of
from irodsfs.grid.errors import summarise

WRONG_INPUT = "WRONG_INPUT"
MISSING = "MISSING"

_WORDS = {
    Kind.MISSING: ("does not exist, or you may not see it", "check the path"),
    Kind.TAKEN: ("exists already", "choose another name, or remove what is there"),
    Kind.NOT_EMPTY: ("is not empty", "remove what is in it first"),
    Kind.NOT_A_COLLECTION: ("is not a collection", "name a collection"),
    Kind.BUSY: ("is open elsewhere", "try again later"),
    Kind.NO_ACCESS: ("you have no permission for that", "ask an owner for it"),
    Kind.NOT_PERMITTED: ("only an administrator of the zone may do that", "ask one"),
    Kind.TICKET_REFUSED: ("the ticket does not allow that", "ask who made it for another one"),
    Kind.PASSWORD_REFUSED: ("the zone refuses your password", "run irodsfs login"),
    Kind.UNKNOWN_USER: ("the zone has no such user or group", "name one as name or name#zone"),
    Kind.UNKNOWN_RESOURCE: ("the zone has no such resource", "name another one"),
    Kind.NO_QUOTA: ("your quota is used up", "remove something, or ask for more"),
    Kind.NO_SPACE: ("the storage is full", "name another resource, or ask who runs the zone"),
    Kind.TIMEOUT: ("the zone did not answer in time", "try again later"),
    Kind.UNREACHABLE: ("the zone can't be reached", "try again when it is"),
    Kind.RESOURCE_DOWN: ("the storage can't be reached", "try again later, or name another resource"),
    Kind.NAME_TOO_LONG: ("the path is too long for iRODS", "shorten it"),
}
"""What is wrong and what to do, by kind; of any other kind people are told what the zone said."""


class Failure(Exception):
    """`path` as it was given, empty where it is about none; `error` is a name for programs."""

    def __init__(self, path: str, reason: str, remedy: str, error: str = WRONG_INPUT) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.error = error

    @property
    def record(self) -> dict[str, Any]:
        told = {"path": self.path, "error": self.error, "reason": self.reason, "remedy": self.remedy}
        return {"failure": told}


def missing(path: str) -> Failure:
    """What is not there, or hidden, which zones do not tell apart."""
    reason, remedy = _WORDS[Kind.MISSING]
    return Failure(path, reason, remedy, MISSING)


def failed(path: str, error: Exception) -> Failure:
    """What the zone or the line to it answered about a path."""
    kind = kind_of(error)
    reason, remedy = _WORDS.get(kind, (f"the zone answered {summarise(error)}", ""))
    return Failure(path, reason, remedy, kind.name)
