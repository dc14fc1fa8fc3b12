"""The operations, a module for each resource of the guide."""

from __future__ import annotations

import itertools

from irodsfs.control.http_operations import Operation
from irodsfs.control.routes import (
    action_routes,
    collection_routes,
    data_object_routes,
    file_contents,
    metadata_routes,
    permission_routes,
    query_routes,
    rule_routes,
    server_routes,
    spool_routes,
    status_routes,
    ticket_routes,
    user_routes,
)

CHAPTERS = (
    server_routes.operations,
    action_routes.operations,
    status_routes.operations,
    spool_routes.operations,
    collection_routes.operations,
    metadata_routes.operations,
    permission_routes.operations,
    data_object_routes.operations,
    file_contents.operations,
    rule_routes.operations,
    user_routes.operations,
    query_routes.operations,
    ticket_routes.operations,
)


def all_operations() -> list[Operation]:
    """Every operation; those of longer paths first, as the path of a collection takes in whatever follows."""
    return sorted(itertools.chain(*CHAPTERS), key=lambda operation: (-operation.path.count("/"), operation.path))
