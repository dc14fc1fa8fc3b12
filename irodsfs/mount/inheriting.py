"""What a data object passes on to the one that takes its place: its AVUs and permissions.

Programs save a file by writing a new one and renaming it over the old one, or by renaming the old one to a backup
(`file~`, `file.bak`) first. Both would lose what the zone knows about the file.
"""

from __future__ import annotations

import logging
import posixpath
import time
from collections.abc import Callable, Collection

from cachetools import TTLCache
from irods.exception import iRODSException

from irodsfs.catalog.avus import Avus
from irodsfs.grid import metadata, permissions
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu
from irodsfs.grid.permissions import NULL
from irodsfs.grid.queries import Row
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

BACKUPS = 1_000
SAVED_WITHIN = 5.0
"""Seconds from the renaming of a backup within which a new file of the old name is the same file, saved."""


class Inheritance:
    """Lets data objects take over what those had whose place they take."""

    def __init__(
        self,
        zone: Zone,
        avus: Avus,
        *,
        enabled: bool,
        personal: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`personal` attributes are not passed on, nor do they count as an object's own."""
        self._zone = zone
        self._avus = avus
        self._enabled = enabled
        self._personal = personal
        self._backups: TTLCache[str, str] = TTLCache(BACKUPS, SAVED_WITHIN, clock)

    async def requests(self, heir: str, predecessor: str) -> list[Request]:
        """What gives `heir` what `predecessor` has; nothing when `heir` has AVUs of its own.

        One flight, and one more when permissions differ.
        """
        if not self._enabled:
            return []
        own, inherited, before, after = await self._zone.query(
            metadata.avus_query(heir, is_collection=False),
            metadata.avus_query(predecessor, is_collection=False),
            permissions.levels_query(heir, is_collection=False),
            permissions.levels_query(predecessor, is_collection=False),
        )
        # Without any permission to be seen, the predecessor is gone.
        if self._passed_on(own) or not after:
            return []
        changes = await permissions.named(self._zone, _changes(_levels(before), _levels(after)))
        # Whoever takes away their own permission can't rename any more.
        changes.pop((self._zone.identity.user, self._zone.identity.zone), None)
        avus = self._passed_on(inherited)
        return [
            *([permissions.grant_all(heir, changes)] if changes else []),
            *([metadata.change(heir, is_collection=False, remove=[], add=avus)] if avus else []),
        ]

    def renamed(self, source: str, target: str) -> None:
        """A data object got a free name: perhaps that of a backup, before it is saved anew."""
        name = posixpath.basename(source)
        if target.startswith(source) and posixpath.basename(target).startswith(name):
            self._backups[source] = target

    def is_due(self, path: str) -> bool:
        """Whether something new at `path` has a backup to take over from."""
        return path in self._backups

    async def take_over(self, heir: str, path: str) -> None:
        """`heir`, which is at `path` or about to be, takes over from the backup of what was there, if any."""
        backup = self._backups.pop(path, None)
        if backup is None:
            return
        try:
            await self._zone.perform(*await self.requests(heir, backup))
        except (iRODSException, ZoneUnreachable) as error:
            # The bytes are safe, which is what saving is about.
            logger.warning("%s does not have the AVUs and permissions of %s: %s", path, backup, describe(error))
        finally:
            self._avus.forget_all()

    def _passed_on(self, rows: list[Row]) -> list[Avu]:
        return [avu for avu in metadata.avus_of(rows) if avu.attribute not in self._personal]


def _levels(rows: list[Row]) -> dict[str, int]:
    return {user_id: int(level) for user_id, level in rows}


def _changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    changes = {user_id: level for user_id, level in after.items() if before.get(user_id) != level}
    return changes | {user_id: NULL for user_id in before if user_id not in after}
