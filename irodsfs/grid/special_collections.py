"""Collections whose content is elsewhere: soft links, and what is mounted (`imcoll`)."""

from __future__ import annotations

from irods.column import Column, String
from irods.models import Collection

from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.queries import Query, equal
from irodsfs.grid.zone import Zone

TARGET = Column(String, "COLL_INFO_1", 511)


async def describe_special(zone: Zone, entry: Entry) -> str:
    """What a special collection is, and where its content is, in one sentence."""
    (rows,) = await zone.query(Query((TARGET,), ((Collection.name, equal(entry.path)),)))
    target = rows[0][0] if rows else "something else"
    what = "a soft link to" if entry.special == "linkPoint" else f"mounted ({entry.special}) from"
    return f"{entry.path} is {what} {target} (imcoll), which irodsfs does not follow: use what it stands for"
