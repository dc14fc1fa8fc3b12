"""Sums over the whole subtree of a collection."""

from __future__ import annotations

from dataclasses import dataclass

from irods.models import Collection, DataObject

from irodsfs.grid.queries import SELECT_COUNT, SELECT_SUM, Query, equal, starts_with
from irodsfs.grid.zone import Zone


@dataclass(frozen=True)
class Sums:
    """Bytes of data objects (of their first replicas), how many of them, and how many collections."""

    size: int
    data_objects: int
    collections: int


async def sum_below(zone: Zone, path: str) -> Sums:
    """The sums below a collection, in one flight whatever its depth."""
    # In one condition, as the server joins conditions on different columns by "and" only.
    subtree = (Collection.name, f"{equal(path)} || {starts_with(path.rstrip('/') + '/')}")
    below = (Collection.name, starts_with(path.rstrip("/") + "/"))
    first_replica = (DataObject.replica_number, equal(0))
    objects, collections = await zone.query(
        Query((DataObject.size, DataObject.id), (subtree, first_replica), flags=(SELECT_SUM, SELECT_COUNT)),
        Query((Collection.id,), (below,), flags=(SELECT_COUNT,)),
    )
    size, count = objects[0] if objects else ("", "")
    return Sums(int(size or 0), int(count or 0), int(collections[0][0] or 0) if collections else 0)
