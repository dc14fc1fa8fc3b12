"""GET_RESOURCE_INFO_FOR_OPERATION_AN (10220): the server and resource that an operation on a data object goes to."""

from __future__ import annotations

import json

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.logical_paths import checked
from irodsfs.sandbox.catalog.storage_resources import location_of, require_root, resource_for_create
from irodsfs.sandbox.catalog.visible_paths import visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.replicas import choose

OPERATIONS = {"OPEN", "WRITE", "CREATE", "UNLINK"}


@handles(10220)
def resource_information(session: Session, request: Request) -> Reply:
    """The location of the leaf as the catalog has it, and its hierarchy, as JSON; nothing is asked of that server."""
    keywords = request.input.keywords()
    operation = keywords.get("getResourceInfoOpType")
    if operation not in OPERATIONS:
        raise IrodsError("INVALID_OPERATION" if operation else "SYS_INVALID_INPUT_PARAM")
    hierarchy = keywords.get("resc_hier") or chosen(
        session, checked(request.input.text("objPath")), operation, keywords
    )
    answer = {"host": location_of(session.catalog, hierarchy), "resource_hierarchy": hierarchy}
    return Reply(0, Struct("STR_PI", ("myStr", json.dumps(answer, separators=(",", ":")))))


def chosen(session: Session, path: str, operation: str, keywords: dict[str, str]) -> str:
    """The hierarchy that an open would choose; for CREATE, whatever is there already, that of a new data object."""
    require_root(session.catalog, keywords)
    is_here = session.zone.servers.is_here
    if operation == "CREATE":
        return resource_for_create(session.catalog, keywords, is_here).hierarchy
    replicas = visible_replicas(session, path)
    if not replicas:
        raise IrodsError("CAT_NO_ROWS_FOUND")
    if operation == "UNLINK":
        return str(replicas[0]["resc_hier"])
    return str(choose(replicas, keywords, has_token=False, is_here=is_here)["resc_hier"])
