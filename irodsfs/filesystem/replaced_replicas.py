"""A data object that takes the name of another one goes where that was: to its resources, in as many replicas."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from irodsfs.grid import data_objects
from irodsfs.grid.catalog_entries import GOOD
from irodsfs.grid.data_objects import Replica, read_replicas, replicas_of, replicas_query
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Places:
    """The resources that a data object lacks, and those that it has in excess, compared with another one."""

    lacks: frozenset[str] = frozenset()
    exceeds: frozenset[str] = frozenset()


async def compared(zone: Zone, source: str, target: str) -> Places:
    """What is to change when `source` takes the place of `target`. One flight."""
    has, wanted = (
        _resources(replicas_of(rows)) for rows in await zone.query(replicas_query(source), replicas_query(target))
    )
    # What is hidden or gone tells nothing.
    return Places(wanted - has, has - wanted) if has and wanted else Places()


async def settle(zone: Zone, path: str, places: Places) -> None:
    """Let a data object be where it is to be. It stays where it is as well, and the log says so, when that fails."""
    try:
        for resource in sorted(places.lacks):
            await zone.perform(data_objects.replicate(path, resource))
        if places.exceeds:
            await zone.perform(*_trims(path, await read_replicas(zone, path), places.exceeds))
    except ZONE_FAILURES as error:
        logger.warning("%s is not on the resources of what it replaces: %s", path, describe(error))


def _resources(replicas: Iterable[Replica]) -> frozenset[str]:
    return frozenset(_root(replica) for replica in replicas)


def _root(replica: Replica) -> str:
    """Servers choose among what is below."""
    return replica.hierarchy.partition(";")[0]


def _trims(path: str, replicas: list[Replica], resources: frozenset[str]) -> list[Request]:
    if not any(replica.status == GOOD and _root(replica) not in resources for replica in replicas):
        return []
    return [data_objects.trim(path, replica.number) for replica in replicas if _root(replica) in resources]
