"""What a data object passes on to the one that is renamed over it: its AVUs and permissions.

Editors save by writing a temporary file and renaming it over the old one, which would lose both.
"""

from __future__ import annotations

from irodsfs.grid import metadata, permissions
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu
from irodsfs.grid.permissions import NULL, Permission
from irodsfs.grid.zone import Zone

Levels = dict[tuple[str, str], int]


async def inheritance(zone: Zone, source: str, target: str) -> list[Request]:
    """Requests that give `source` what `target` has; none when `source` has AVUs of its own."""
    own, inherited = await metadata.read_avus_of_objects(zone, source, target)
    if own:
        return []
    before = await permissions.read_permissions(zone, source, is_collection=False)
    after = await permissions.read_permissions(zone, target, is_collection=False)
    changes = _changes(_levels(before), _levels(after), (zone.identity.user, zone.identity.zone))
    requests = [permissions.grant_all(source, changes)] if changes else []
    return requests + ([_give(source, inherited)] if inherited else [])


def _give(path: str, avus: list[Avu]) -> Request:
    return metadata.change(path, is_collection=False, remove=[], add=avus)


def _levels(granted: list[Permission]) -> Levels:
    return {(each.user, each.zone): each.level for each in granted}


def _changes(before: Levels, after: Levels, oneself: tuple[str, str]) -> Levels:
    changes = {who: level for who, level in after.items() if before.get(who) != level}
    changes |= {who: NULL for who in before if who not in after}
    # Whoever takes away their own permission can't rename any more.
    changes.pop(oneself, None)
    return changes
