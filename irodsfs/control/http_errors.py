"""Failures as HTTP statuses: those of a request itself, and those that a zone answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import irods.exception as ex
from irods.exception import iRODSException

from irodsfs.control.documents.error_documents import ErrorDocument
from irodsfs.grid.error_kinds import Kind, kind_of
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, summarise


class ControlError(Exception):
    """A request that fails, with all that its client is told."""

    def __init__(self, status: HTTPStatus, error: str, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.document = ErrorDocument(status=status, error=error, field=field, message=message, remedy=remedy)


class BadRequest(ControlError):
    """A field of the request is missing, unknown or wrong."""

    def __init__(self, field: str, message: str, remedy: str = "See openapi.json for what is accepted.") -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", message, field=field, remedy=remedy)


class NotFound(ControlError):
    """What is asked for is missing, or hidden from the user."""

    def __init__(self, field: str, message: str) -> None:
        remedy = "Check the name; what the user has no permission for looks missing too."
        super().__init__(HTTPStatus.NOT_FOUND, "NOT_FOUND", message, field=field, remedy=remedy)


_ADVICE: dict[object, tuple[str, str]] = {
    Kind.MISSING: ("path", "Check the path; what the user has no permission for looks missing too."),
    Kind.TAKEN: ("path", "Choose another name, or remove what is there."),
    Kind.NOT_EMPTY: ("path", "Remove what is in the collection first."),
    Kind.NOT_A_COLLECTION: ("path", "The path names a data object where a collection is needed."),
    Kind.BUSY: ("path", "Someone has the data object open: try again later."),
    Kind.NO_ACCESS: ("path", "Ask an owner for permission."),
    Kind.NOT_PERMITTED: ("", "Only an administrator of the zone may do this."),
    Kind.TICKET_REFUSED: ("ticket", "Ask the ticket's owner for one that allows this."),
    Kind.PASSWORD_REFUSED: ("", "Log in with the password that the zone has for the user now."),
    Kind.UNKNOWN_USER: ("userName", "Name a user or group of the zone, as name or name,zone."),
    Kind.UNKNOWN_RESOURCE: ("resource", "Name a resource of the zone."),
    Kind.NO_QUOTA: ("", "Remove data, or ask for a larger quota."),
    Kind.NO_SPACE: ("", "Ask who runs the zone for more space, or store on another resource."),
    Kind.TIMEOUT: ("", "Try again later."),
    Kind.UNREACHABLE: ("", "Try again when the zone is reachable."),
    Kind.CORRUPT: ("path", "Replace the replica by a good one, or the checksum where it is that which is wrong."),
    Kind.OTHER_ZONE: ("target", "It lies in another zone: copy it there, then remove it here."),
    Kind.RESOURCE_DOWN: ("", "Try again when the resource is reachable, or use another one."),
    ex.CAT_UNKNOWN_COLLECTION: ("path", "Create the collection first, or ask its owner for permission."),
    ex.CAT_UNKNOWN_SPECIFIC_QUERY: ("alias", "The specific query ls lists the aliases."),
    ex.CAT_NAME_EXISTS_AS_COLLECTION: ("path", "A collection has that name: choose another."),
    ex.CAT_NAME_EXISTS_AS_DATAOBJ: ("path", "A data object has that name: choose another."),
    ex.OVERWRITE_WITHOUT_FORCE_FLAG: ("path", "Add force=true to overwrite what is there."),
    ex.CAT_TICKET_INVALID: ("ticket", "Check the ticket's string, and what it was made for."),
    ex.CAT_TICKET_EXPIRED: ("ticket", "Ask the ticket's owner for a new one."),
    ex.CAT_TICKET_USES_EXCEEDED: ("ticket", "Ask the ticket's owner for more uses."),
    ex.CAT_INVALID_GROUP: ("restriction_value", "Name a group of the zone."),
    ex.CAT_FAILED_TO_LINK_TABLES: ("select", "Select columns of things that have to do with one another."),
    ex.CAT_SUCCESS_BUT_WITH_NO_INFO: ("", "There is nothing that this would change or take away."),
    ex.SYS_LIBRARY_ERROR: ("query", "The server can't run this query: check its syntax and columns."),
    -855000: ("restriction_value", "Name a host that the server can resolve."),
}
"""The field that an error is about, where that is known, and what to do: by kind, where nothing more special is known.

Numbers are those that python-irodsclient has no class for.
"""

_OTHERWISE = ("", "The zone refused the request: check its fields against what the error's name says.")


@contextmanager
def about(field: str, *kinds: type[iRODSException]) -> Iterator[None]:
    """What the zone refuses in the block with errors of these kinds is about that field of the request."""
    try:
        yield
    except kinds as error:
        raise explain(error, field) from error


def explain(error: Exception, about: str | None = None) -> ControlError:
    """What a client is told about an error of the zone or of the line to it; `about` is the field where it is known."""
    kind = kind_of(error)
    name, message = type(error).__name__, f"The zone answered {summarise(error)}."
    if isinstance(error, ZoneTimeout):
        name, message = "ZONE_TIMEOUT", "The zone did not answer in time."
    elif isinstance(error, ZoneUnreachable):
        name, message = "ZONE_UNREACHABLE", "The zone can't be reached."
    known_by = (getattr(error, "code", None), *type(error).__mro__, kind)
    field, remedy = next((_ADVICE[each] for each in known_by if each in _ADVICE), _OTHERWISE)
    return ControlError(kind.status, name, message, field=about or field, remedy=remedy)
