"""Several changes to one entity in one request, all or none: atomic metadata (20002) and atomic ACL (20005)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from irodsfs.sandbox.api import access_control, metadata_api
from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import access_checks, entities
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import json_of, json_struct
from irodsfs.sandbox.session import Session

Document = dict[str, Any]


class MalformedError(Exception):
    """A request's JSON lacks a member, or has one of another type."""


class RefusalError(IrodsError):
    """A failure that is told as JSON: a message, the operation that failed, and its position."""

    def __init__(self, code: str | int, text: str, operation: Any = None, index: int = 0) -> None:
        super().__init__(code)
        self.text = text
        self.operation = operation
        self.index = index

    def reply(self) -> Reply:
        told = {"error_message": self.text, "operation": self.operation, "operation_index": self.index}
        return Reply(self.code, json_struct(told))


@handles(20002)
def atomic_metadata(session: Session, request: Request) -> Reply:
    """Adds and removes AVUs of one entity; what is there already, or not, is no failure."""
    return answer(session, request, metadata_target, apply_to_metadata, malformed="JSON_VALIDATION_ERROR")


@handles(20005)
def atomic_access_control(session: Session, request: Request) -> Reply:
    """Sets the levels of several users and groups on one collection or data object."""
    return answer(session, request, access_target, apply_to_access, malformed="SYS_INTERNAL_ERR")


def answer(
    session: Session,
    request: Request,
    locate: Callable[[Session, Document], int],
    apply: Callable[[Session, int, Document], None],
    malformed: str,
) -> Reply:
    try:
        document = document_of(request)
        target = locate(session, document)
        with session.catalog.transaction():
            for index, operation in enumerate(operations_of(document)):
                apply_one(session, target, operation, index, apply, malformed)
    except RefusalError as refusal:
        return refusal.reply()
    except MalformedError as error:
        return RefusalError("SYS_INVALID_INPUT_PARAM", str(error)).reply()
    return Reply(0, json_struct({}))


def apply_one(
    session: Session,
    target: int,
    operation: Any,
    index: int,
    apply: Callable[[Session, int, Document], None],
    malformed: str,
) -> None:
    try:
        apply(session, target, operation)
    except RefusalError as refusal:
        raise RefusalError(refusal.code, refusal.text, operation, index) from None
    except MalformedError as error:
        raise RefusalError(malformed, str(error), operation, index) from None
    except sqlite3.Error as error:
        raise RefusalError("SYS_LIBRARY_ERROR", str(error), operation, index) from None


def document_of(request: Request) -> Any:
    try:
        return json_of(request.input)
    except IrodsError as error:
        raise RefusalError("INPUT_ARG_NOT_WELL_FORMED_ERR", error.message or "Invalid input") from None


def operations_of(document: Document) -> list[Any]:
    try:
        operations: list[Any] = member(document, "operations", list)
    except MalformedError as error:
        raise RefusalError("SYS_INTERNAL_ERR", str(error)) from None
    return operations


def member(document: Any, name: str, kind: type) -> Any:
    """A member that must be there and of this type; text ends at a NUL, as the server's does."""
    if not isinstance(document, dict):
        raise MalformedError(f"[json.exception.type_error.304] cannot use at() with {type(document).__name__}")
    if name not in document:
        raise MalformedError(f"[json.exception.out_of_range.403] key '{name}' not found")
    if not isinstance(document[name], kind):
        raise MalformedError(f"[json.exception.type_error.302] type must be {kind.__name__}, but is another")
    return document[name].partition("\0")[0] if kind is str else document[name]


def metadata_target(session: Session, document: Document) -> int:
    name = member(document, "entity_name", str)
    kind = member(document, "entity_type", str)
    if kind not in FINDERS:
        raise RefusalError("SYS_INVALID_INPUT_PARAM", f"Invalid entity type specified [entity_type={kind}]")
    found = elsewhere(session, kind, name) or FINDERS[kind](session, name)
    if found is None:
        raise RefusalError("SYS_INVALID_INPUT_PARAM", f"Entity does not exist [entity_name={name}]")
    if document.get("admin_mode") is True:
        if not session.user.is_admin:
            raise RefusalError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL", "User is not an administrator")
    elif not may_modify_metadata(session, kind, found):
        raise RefusalError("CAT_NO_ACCESS_PERMISSION", "User not allowed to modify metadata")
    return found


def elsewhere(session: Session, kind: str, name: str) -> int | None:
    """The id that an object of another zone has there.

    As the server does, the changes then hit what has that id in the catalog that was asked, however unrelated it is.
    """
    kinds = {"collection": "collection", "data_object": "dataObj", "": ""}
    return session.other_servers.object_id(name, kinds[kind]) if kind in kinds else None


def may_modify_metadata(session: Session, kind: str, entity_id: int) -> bool:
    if kind in ("user", "resource"):
        return session.user.is_admin
    return access_checks.access_of(session, entity_id) >= Access.MODIFY_OBJECT


def find_user_of_any_zone(session: Session, name: str) -> int | None:
    found: int | None = session.catalog.value("SELECT user_id FROM R_USER_MAIN WHERE user_name = ?", name)
    return found


FINDERS: dict[str, Callable[[Session, str], int | None]] = {
    "collection": entities.visible_collection,
    "data_object": entities.visible_data_object,
    "user": find_user_of_any_zone,
    "resource": entities.find_resource,
}


def apply_to_metadata(session: Session, target: int, operation: Document) -> None:
    attribute, value = member(operation, "attribute", str), member(operation, "value", str)
    if not (attribute and value):
        raise RefusalError(
            "SYS_INVALID_INPUT_PARAM",
            f"Empty metadata attribute name or value [attribute={attribute}, value={value}]",
        )
    units = member(operation, "units", str) if "units" in operation else ""
    match member(operation, "operation", str):
        case "add":
            meta_id = metadata_api.avu(session, attribute, value, units)
            if not is_attached(session, target, meta_id):
                metadata_api.attach(session, target, meta_id)
        case "remove":
            session.catalog.execute(
                "DELETE FROM R_OBJT_METAMAP WHERE object_id = ? AND meta_id = ?",
                target,
                metadata_api.find_avu(session, attribute, value, units),
            )
        case _:
            raise RefusalError("INVALID_OPERATION", "Invalid metadata operation.")


def is_attached(session: Session, target: int, meta_id: int) -> bool:
    sql = "SELECT 1 FROM R_OBJT_METAMAP WHERE object_id = ? AND meta_id = ?"
    return session.catalog.row(sql, target, meta_id) is not None


def access_target(session: Session, document: Document) -> int:
    path = member(document, "logical_path", str)
    found = elsewhere(session, "", path) or entities.visible(session, path)
    if found is None:
        code = IrodsError("OBJ_PATH_DOES_NOT_EXIST").code
        raise RefusalError(code, f"Failed to retrieve object id [error_code={code}]")
    who = f"User [{session.user.name}#{session.user.zone}] not allowed to modify ACLs"
    where = f"[logical_path={path}, object_id={found}]"
    if document.get("admin_mode") is True:
        if not session.user.is_admin:
            raise RefusalError(
                "CAT_INSUFFICIENT_PRIVILEGE_LEVEL",
                f"{who} {where}. admin_mode cannot be enabled because user is not an administrator.",
            )
    elif access_checks.access_of(session, found) != Access.OWN:
        raise RefusalError("CAT_NO_ACCESS_PERMISSION", f"{who} {where}")
    return found


def apply_to_access(session: Session, target: int, operation: Document) -> None:
    acl = member(operation, "acl", str)
    if acl not in access_control.LEVELS:
        raise RefusalError("SYS_INVALID_INPUT_PARAM", f"Invalid ACL [acl={acl}]")
    zone = member(operation, "zone", str) if "zone" in operation else session.zone.name
    user_id = entities.find_user(session, member(operation, "entity_name", str), zone)
    if user_id is None or not zone:
        raise RefusalError("SYS_INVALID_INPUT_PARAM", "Invalid entity")
    access_checks.grant(session, target, user_id, access_control.LEVELS[acl])
