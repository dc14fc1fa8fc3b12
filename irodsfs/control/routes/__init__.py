"""The operations, a module for each resource of the guide."""

from __future__ import annotations

import itertools

from irodsfs.control.operations import Operation
from irodsfs.control.routes import (
    collections,
    data_objects,
    file_contents,
    metadata,
    permissions,
    queries,
    rules,
    server,
    spool,
    status,
    tickets,
    users,
)

CHAPTERS = (
    server.operations,
    status.operations,
    spool.operations,
    collections.operations,
    metadata.operations,
    permissions.operations,
    data_objects.operations,
    file_contents.operations,
    rules.operations,
    users.operations,
    queries.operations,
    tickets.operations,
)


def all_operations() -> list[Operation]:
    """Every operation; those of longer paths first, as the path of a collection takes in whatever follows."""
    return sorted(itertools.chain(*CHAPTERS), key=lambda operation: (-operation.path.count("/"), operation.path))
