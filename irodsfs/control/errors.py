"""Failures as HTTP statuses: those of a request itself, and those that a zone answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import irods.exception as ex
from irods.exception import iRODSException

from irodsfs.control.documents.errors import ErrorDocument
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, is_about_ticket, summarise


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


_CONFLICT, _FORBIDDEN = HTTPStatus.CONFLICT, HTTPStatus.FORBIDDEN
_MISSING, _BAD = HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST

_NAMED: dict[type[iRODSException], tuple[HTTPStatus, str, str]] = {
    ex.DoesNotExist: (_MISSING, "path", "Check the path; what the user has no permission for looks missing too."),
    ex.OBJ_PATH_DOES_NOT_EXIST: (_MISSING, "path", "Check the path, and that the user may see it."),
    ex.USER_FILE_DOES_NOT_EXIST: (_MISSING, "path", "Check the path, and that the user may see it."),
    ex.CAT_NO_ROWS_FOUND: (_MISSING, "path", "Check the path, and that the user may see it."),
    ex.CAT_UNKNOWN_COLLECTION: (_MISSING, "path", "Create the collection first."),
    ex.CAT_UNKNOWN_FILE: (_MISSING, "path", "Check the path, and that the user may see it."),
    ex.CAT_NOT_A_DATAOBJ_AND_NOT_A_COLLECTION: (_MISSING, "path", "Check the path."),
    ex.CAT_INVALID_USER: (_BAD, "userName", "Name a user or group of the zone, as name or name,zone."),
    ex.CAT_INVALID_GROUP: (_BAD, "restriction_value", "Name a group of the zone."),
    ex.SYS_RESC_DOES_NOT_EXIST: (_BAD, "resource", "Name a resource of the zone."),
    ex.CAT_UNKNOWN_SPECIFIC_QUERY: (_MISSING, "alias", "The specific query ls lists the aliases."),
    ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME: (_CONFLICT, "path", "Choose another name, or remove what is there."),
    ex.CAT_NAME_EXISTS_AS_COLLECTION: (_CONFLICT, "path", "A collection has that name: choose another."),
    ex.CAT_NAME_EXISTS_AS_DATAOBJ: (_CONFLICT, "path", "A data object has that name: choose another."),
    ex.OVERWRITE_WITHOUT_FORCE_FLAG: (_CONFLICT, "path", "Add force=true to overwrite what is there."),
    ex.CAT_COLLECTION_NOT_EMPTY: (_CONFLICT, "path", "Remove what is in the collection first."),
    ex.HIERARCHY_ERROR: (_CONFLICT, "path", "Someone has the data object open: try again later."),
    ex.LOCKED_DATA_OBJECT_ACCESS: (_CONFLICT, "path", "Someone has the data object open: try again later."),
    ex.CAT_NO_ACCESS_PERMISSION: (_FORBIDDEN, "path", "Ask an owner for permission."),
    ex.SYS_NO_API_PRIV: (_FORBIDDEN, "", "Only an administrator of the zone may do this."),
    ex.CAT_INSUFFICIENT_PRIVILEGE_LEVEL: (_FORBIDDEN, "", "Only an administrator of the zone may do this."),
    ex.CAT_TICKET_INVALID: (_FORBIDDEN, "ticket", "Check the ticket's string, and what it was made for."),
    ex.CAT_TICKET_EXPIRED: (_FORBIDDEN, "ticket", "Ask the ticket's owner for a new one."),
    ex.CAT_TICKET_USES_EXCEEDED: (_FORBIDDEN, "ticket", "Ask the ticket's owner for more uses."),
    ex.SYS_RESC_QUOTA_EXCEEDED: (HTTPStatus.INSUFFICIENT_STORAGE, "", "Remove data, or ask for a larger quota."),
    ex.CAT_FAILED_TO_LINK_TABLES: (_BAD, "select", "Select columns of things that have to do with one another."),
    ex.CAT_SUCCESS_BUT_WITH_NO_INFO: (_BAD, "", "There is nothing that this would change or take away."),
    ex.SYS_LIBRARY_ERROR: (_BAD, "query", "The server can't run this query: check its syntax and columns."),
    ex.NetworkException: (HTTPStatus.BAD_GATEWAY, "", "Try again when the zone is reachable."),
}
_UNNAMED: dict[int, tuple[HTTPStatus, str, str]] = {
    -170000: (_CONFLICT, "path", "The path names a data object where a collection is needed."),
    -855000: (_BAD, "restriction_value", "Name a host that the server can resolve."),
}
"""Numbers that python-irodsclient has no class for."""

_OTHERWISE = (_BAD, "", "The zone refused the request: check its fields against what the error's name says.")


@contextmanager
def about(field: str, *kinds: type[iRODSException]) -> Iterator[None]:
    """What the zone refuses in the block with errors of these kinds is about that field of the request."""
    try:
        yield
    except kinds as error:
        raise explain(error, field) from error


def explain(error: Exception, about: str | None = None) -> ControlError:
    """What a client is told about an error of the zone or of the line to it; `about` is the field where it is known."""
    if isinstance(error, ZoneTimeout):
        return ControlError(
            HTTPStatus.GATEWAY_TIMEOUT, "ZONE_TIMEOUT", "The zone did not answer in time.", remedy="Try again later."
        )
    if isinstance(error, ZoneUnreachable):
        return ControlError(
            HTTPStatus.BAD_GATEWAY, "ZONE_UNREACHABLE", "The zone can't be reached.", remedy="Try again later."
        )
    status, field, remedy = _row(error)
    message = f"The zone answered {summarise(error)}."
    return ControlError(status, type(error).__name__, message, field=about or field, remedy=remedy)


def _row(error: Exception) -> tuple[HTTPStatus, str, str]:
    code = getattr(error, "code", 0)
    if code in _UNNAMED:
        return _UNNAMED[code]
    if is_about_ticket(error):
        return _NAMED.get(type(error), (_FORBIDDEN, "ticket", "Ask the ticket's owner for one that allows this."))
    return next((_NAMED[kind] for kind in type(error).__mro__ if kind in _NAMED), _OTHERWISE)
