"""Quotas: what a user and its groups may store, as administrators set it and usage was last calculated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from irods.column import Column, Integer, String

from irodsfs.grid.queries import Query, Row, equal, one_of
from irodsfs.grid.zone import Zone

_USER_ID = Column(Integer, "QUOTA_USER_ID", 2000)
_RESOURCE_ID = Column(Integer, "QUOTA_RESC_ID", 2001)
_LIMIT = Column(Integer, "QUOTA_LIMIT", 2002)
_OVER = Column(Integer, "QUOTA_OVER", 2003)
_RESOURCE_NAME = Column(String, "QUOTA_RESC_NAME", 2020)

ALL_RESOURCES = 0


@dataclass(frozen=True)
class Quota:
    """Bytes that may be stored, and how many of them are left (none when negative)."""

    limit: int
    left: int


async def read_quotas(zone: Zone, path: str, resource: str | None) -> list[Quota]:
    """The limits on all that we store in the zone of a path and, where one is named, on a resource. One flight."""
    ours = (_USER_ID, one_of((await zone.identity_at(path)).ids))
    ask = partial(Query, (_USER_ID, _LIMIT, _OVER), options=await zone.hint(path))
    queries = [ask((ours, (_RESOURCE_ID, equal(ALL_RESOURCES))))]
    if resource is not None:
        queries.append(ask((ours, (_RESOURCE_NAME, equal(resource)))))
    return [_quota(row) for rows in await zone.query(*queries) for row in rows]


def _quota(row: Row) -> Quota:
    _, limit, over = row
    return Quota(int(limit), -int(over or 0))
