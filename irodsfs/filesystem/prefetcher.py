"""Small files that are likely to be opened next, read before they are.

Only when many files of a collection are opened quickly, one after the other in the order of the listing, as `cat`,
`grep -r`, `tar` and `rsync` do. What was read ahead counts for a moment only (`FRESH`): that is how much older than
`open()` the content of a file may be in such a walk, and nowhere else.
"""

from __future__ import annotations

import bisect
import logging
import posixpath
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import trio
from cachetools import LRUCache

from irodsfs.catalog.catalog import Catalog
from irodsfs.grid.access_levels import READ_OBJECT
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.errors import TRANSFER_FAILURES, describe
from irodsfs.grid.flight import Reply
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.checksums import HashPolicy, registered, verify
from irodsfs.transfer.flights import SMALL
from irodsfs.transfer.memory import Part, Share

logger = logging.getLogger(__name__)

WALK = 8
"""Files opened in order that make it likely that the next ones will be opened, too."""

PACE = 0.25
"""Seconds within which the next one is opened in a walk."""

FRESH = 0.5
"""Seconds for which what was read ahead is as good as read now."""

AHEAD = 8
LEFT_TO_OTHERS = 2
"""Connections that are never used for reading ahead: programs must not wait for what nobody asked for."""

AHEAD_BYTES = 16 * 1024 * 1024
"""How many objects, and how much, is read ahead at a time."""

WALKS = 16


@dataclass
class _Fetch:
    """An object that is being read, or was."""

    entry: Entry
    asked_at: float
    changes_elsewhere: int
    replies: list[Reply] | None = None
    arrived: trio.Event = field(default_factory=trio.Event)
    share: Share = field(default_factory=Share)


@dataclass
class _Walk:
    """Where the opens in one collection have got to; `names` in order are filled in when it looks like a walk."""

    name: str
    at: float
    in_order: int = 1
    names: list[str] = field(default_factory=list)

    def after(self, name: str) -> Sequence[str]:
        start = bisect.bisect_right(self.names, name)
        return self.names[start : start + AHEAD]


class Prefetcher:
    """Watches what is opened for reading, and reads ahead of it."""

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        *,
        verify: HashPolicy | None,
        enabled: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`verify` asks for checksums, too. Not `enabled`, nothing is ever older than its open."""
        self._zone = zone
        self._catalog = catalog
        self._verify = verify
        self._enabled = enabled
        self._clock = clock
        self._walks: LRUCache[str, _Walk] = LRUCache(WALKS)
        self._last: tuple[str, float] | None = None
        """Parent of the collection in which a walk came to the end, and when."""
        self._fetches: dict[str, _Fetch] = {}
        self._turns = trio.Semaphore(max(1, zone.pool.size - LEFT_TO_OTHERS))

    async def take(self, entry: Entry) -> list[Reply] | None:
        """What reading an object that is opened now has answered, if that was done ahead of time."""
        if not self._enabled:
            return None
        await self._opened(entry)
        fetch = self._pop(entry.path)
        if fetch is None:
            return None
        with trio.move_on_after(self._fresh_for(fetch)):
            await fetch.arrived.wait()
        return fetch.replies if self._holds_still(fetch) else None

    def forget(self, path: str) -> None:
        """This mount changed what is at a path."""
        self._pop(path)

    def _pop(self, path: str) -> _Fetch | None:
        fetch = self._fetches.pop(path, None)
        if fetch is not None:
            fetch.share.give_back()
        return fetch

    def _fresh_for(self, fetch: _Fetch) -> float:
        return max(0.0, fetch.asked_at + FRESH - self._clock())

    def _holds_still(self, fetch: _Fetch) -> bool:
        unchanged = fetch.entry == self._catalog.peek(fetch.entry.path)
        told = fetch.changes_elsewhere != self._catalog.changes_elsewhere
        return unchanged and not told and self._clock() - fetch.asked_at <= FRESH

    async def _opened(self, entry: Entry) -> None:
        parent, name = posixpath.split(entry.path)
        walk = self._walks.get(parent)
        if walk is not None and not walk.names and self._clock() - walk.at <= PACE:
            walk.names = await self._catalog.small_objects(parent, SMALL)
        now = self._clock()
        if walk is None or now - walk.at > PACE:
            walk = self._walks[parent] = _Walk(name, now, WALK if self._goes_on_in(parent, now) else 1)
        else:
            follows = next(iter(walk.after(walk.name)), None) == name
            walk.in_order = walk.in_order + 1 if follows else 1
            walk.name, walk.at = name, now
        if walk.in_order >= WALK:
            walk.names = walk.names or await self._catalog.small_objects(parent, SMALL)
            self._read_ahead(parent, walk.after(name), now)
            if walk.names[-1:] == [name]:
                self._last = (posixpath.dirname(parent), now)

    def _goes_on_in(self, collection: str, now: float) -> bool:
        """True when a walk that came to the end of one collection has got to this one beside it."""
        return self._last is not None and self._last[0] == posixpath.dirname(collection) and now - self._last[1] <= PACE

    def _read_ahead(self, parent: str, names: Sequence[str], now: float) -> None:
        room = AHEAD_BYTES - sum(fetch.entry.size for fetch in self._fetches.values())
        for name in names:
            path = posixpath.join(parent, name)
            entry = self._catalog.peek(path)
            if path in self._fetches or entry is None or entry.access < READ_OBJECT:
                continue
            room -= entry.size
            if room < 0 or len(self._fetches) >= AHEAD:
                return
            fetch = _Fetch(entry, now, self._catalog.changes_elsewhere)
            if not fetch.share.resize(entry.size, Part.AHEAD):
                return
            self._fetches[path] = fetch
            self._zone.background.start_soon(self._read, fetch, at_end=partial(self._end, fetch))

    def _asks(self, entry: Entry) -> bool:
        """Whether the zone is asked what the content should be: also of what may look empty while it is written."""
        return self._verify is not None or not entry.size

    async def _check(self, path: str, replies: Sequence[Reply]) -> None:
        content = flights.content(replies)
        if self._verify is not None and (checksum := registered(replies[0])):
            self._verify.check(path, checksum)
            await trio.to_thread.run_sync(verify, path, checksum, [content])

    async def _read(self, fetch: _Fetch) -> None:
        try:
            async with self._turns:
                reading = flights.reading(fetch.entry.path, SMALL + 1, stat=self._asks(fetch.entry))
                replies = await self._zone.fly(*reading, may_repeat=True)
            await self._check(fetch.entry.path, replies)
            fetch.replies = replies
        except TRANSFER_FAILURES as error:
            # Whoever opens it reads it again, and is told.
            logger.debug("reading %s ahead: %s", fetch.entry.path, describe(error))
        fetch.arrived.set()
        await trio.sleep(self._fresh_for(fetch))

    def _end(self, fetch: _Fetch) -> None:
        fetch.arrived.set()
        if self._fetches.get(fetch.entry.path) is fetch:
            self.forget(fetch.entry.path)
