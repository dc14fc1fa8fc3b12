"""What a data object passes on to the one that takes its place: its AVUs and permissions.

Programs save a file by writing a new one and renaming it over the old one, or by renaming the old one to a backup
(`file~`, `file.bak`) first. Both would lose what the zone knows about the file.
"""

from __future__ import annotations

import logging
import posixpath
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from cachetools import TTLCache

from irodsfs.catalog.avus import Avus
from irodsfs.filesystem.temporary_names import NAME
from irodsfs.grid import metadata, permissions
from irodsfs.grid.access_levels import OWN
from irodsfs.grid.errors import ZONE_FAILURES, ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu
from irodsfs.grid.permissions import NULL
from irodsfs.grid.queries import Query, Row
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

BACKUPS = 1_000
SAVED_WITHIN = 5.0
"""Seconds from the renaming of a backup within which a new file of the old name is the same file, saved."""


@dataclass(frozen=True)
class Known:
    """What the zone knows of a data object beside its content: AVUs, and access levels by user id."""

    avus: list[Avu]
    levels: dict[str, int]

    @classmethod
    def of(cls, avus: list[Row], levels: list[Row]) -> Known:
        """From the rows that `queries` brought."""
        return cls(metadata.avus_of(avus), {user_id: int(level) for user_id, level in levels})

    def has(self, attribute: str) -> bool:
        return any(avu.attribute == attribute for avu in self.avus)

    def is_owned_by(self, ids: Collection[str]) -> bool:
        """Whether one of these users and groups owns it."""
        return any(self.levels.get(user_id, NULL) >= OWN for user_id in ids)


class ReplacedMetadata:
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

    @property
    def is_enabled(self) -> bool:
        return self._enabled

    async def known_of(self, *paths: str) -> list[Known]:
        """What the zone knows of data objects, in one flight."""
        rows = await self._zone.query(*(query for path in paths for query in queries(path)))
        return [Known.of(*pair) for pair in zip(rows[::2], rows[1::2], strict=True)]

    async def given(self, path: str, known: Known, predecessor: Known) -> list[Request]:
        """What gives the data object at `path`, of which so much is known, what `predecessor` had.

        Nothing when it has AVUs of its own. One flight when permissions differ.
        """
        # Without any permission to be seen, the predecessor is gone.
        if not self._enabled or self.has_own(known) or not predecessor.levels:
            return []
        return await self.changes(path, known, predecessor)

    async def changes(self, path: str, known: Known, wanted: Known) -> list[Request]:
        """What gives a data object the AVUs and permissions of another one. One flight when permissions differ."""
        levels = await permissions.named(self._zone, path, _changes(known.levels, wanted.levels))
        # Whoever takes away their own permission can't rename any more.
        levels.pop((self._zone.identity.user, self._zone.identity.zone), None)
        before, after = self._passed_on(known.avus), self._passed_on(wanted.avus)
        remove = [avu for avu in before if avu not in after]
        add = [avu for avu in after if avu not in before]
        return [
            *permissions.grant_all(self._zone, path, levels),
            *metadata.changes(self._zone, path, is_collection=False, remove=remove, add=add),
        ]

    def has_own(self, known: Known) -> bool:
        """Whether a data object has AVUs that another one may pass on."""
        return bool(self._passed_on(known.avus))

    def personal_changes(self, path: str, known: Known, wanted: Known) -> list[Request]:
        """What gives a data object the AVUs that are not passed on, but belong to the content that it gets."""
        before, after = (
            [avu for avu in each.avus if avu.attribute in self._personal and avu.attribute != NAME]
            for each in (known, wanted)
        )
        remove, add = [avu for avu in before if avu not in after], [avu for avu in after if avu not in before]
        return metadata.changes(self._zone, path, is_collection=False, remove=remove, add=add)

    def renamed(self, source: str, target: str) -> None:
        """A data object got a free name: perhaps that of a backup, before it is saved anew."""
        name = posixpath.basename(source)
        if target.startswith(source) and posixpath.basename(target).startswith(name):
            self._backups[source] = target

    def is_due(self, path: str) -> bool:
        """Whether something new at `path` has a backup to take over from."""
        return path in self._backups

    async def take_over(self, heir: str, path: str) -> None:
        """`heir`, which is new, takes over from the backup of what was at `path`, if any."""
        backup = self._backups.pop(path, None)
        if backup is None:
            return
        try:
            known, predecessor = await self.known_of(heir, backup)
            await self.give(heir, await self.given(heir, known, predecessor))
        except ZONE_FAILURES as error:
            _was_not_given(heir, error)

    async def give(self, path: str, changes: Sequence[Request]) -> None:
        """Carry out what `given` has answered. The bytes are safe, so failures are told in the log only."""
        if not changes:
            return
        try:
            for reply in await self._zone.fly(*changes, repeat=True):
                if reply.failed:
                    _was_not_given(path, reply.failure())
        except ZoneUnreachable as error:
            _was_not_given(path, error)
        finally:
            self._avus.forget_all()

    def _passed_on(self, avus: Iterable[Avu]) -> list[Avu]:
        return [avu for avu in avus if avu.attribute not in self._personal]


def queries(path: str) -> tuple[Query, Query]:
    """What is to be asked to make a `Known` of the rows."""
    return metadata.avus_query(path, is_collection=False), permissions.levels_query(path, is_collection=False)


def _was_not_given(path: str, error: BaseException) -> None:
    logger.warning("%s does not have the AVUs and permissions of what it replaces: %s", path, describe(error))


def _changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    changes = {user_id: level for user_id, level in after.items() if before.get(user_id) != level}
    return changes | {user_id: NULL for user_id in before if user_id not in after}
