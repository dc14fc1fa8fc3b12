"""The resources of a zone."""

from __future__ import annotations

from irods.models import Resource

from irodsfs.grid.queries import Query
from irodsfs.grid.zone import Zone

INTERNAL = "bundleResc"
"""Where zones keep bundles, not data objects."""


DOWN = "down"
"""The status of a resource that an administrator has taken out of use."""


async def resource_parents(zone: Zone) -> dict[str, str]:
    """Each resource, and what says which one it lies below: empty of those that data objects can be made in."""
    (rows,) = await zone.query(Query((Resource.name, Resource.parent)))
    return {row[0]: row[1] for row in rows if row[0] != INTERNAL}
