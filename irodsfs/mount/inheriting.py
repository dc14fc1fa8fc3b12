"""What a data object passes on to the one that takes its place: its AVUs and permissions.

Editors save by writing a new file and renaming it over the old one, or the old one away, which would lose both.
"""

from __future__ import annotations

from collections.abc import Collection

from irodsfs.grid import metadata, permissions
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu
from irodsfs.grid.permissions import NULL
from irodsfs.grid.queries import Row
from irodsfs.grid.zone import Zone


async def inheritance(zone: Zone, source: str, target: str, personal: Collection[str]) -> list[Request]:
    """Requests that give `source` what `target` has; none when `source` has AVUs of its own.

    `personal` attributes are not passed on, nor do they count. One flight, and one more when permissions differ.
    """
    own, inherited, before, after = await zone.query(
        metadata.avus_query(source, is_collection=False),
        metadata.avus_query(target, is_collection=False),
        permissions.levels_query(source, is_collection=False),
        permissions.levels_query(target, is_collection=False),
    )
    if _passed_on(own, personal):
        return []
    changes = await permissions.named(zone, _changes(_levels(before), _levels(after)))
    # Whoever takes away their own permission can't rename any more.
    changes.pop((zone.identity.user, zone.identity.zone), None)
    requests = [permissions.grant_all(source, changes)] if changes else []
    avus = _passed_on(inherited, personal)
    return requests + ([metadata.change(source, is_collection=False, remove=[], add=avus)] if avus else [])


def _passed_on(rows: list[Row], personal: Collection[str]) -> list[Avu]:
    return [avu for avu in metadata.avus_of(rows) if avu.attribute not in personal]


def _levels(rows: list[Row]) -> dict[str, int]:
    return {user_id: int(level) for user_id, level in rows}


def _changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    changes = {user_id: level for user_id, level in after.items() if before.get(user_id) != level}
    return changes | {user_id: NULL for user_id in before if user_id not in after}
