"""Flushing what was changed here into a zone that others change, too.

What this mount believes never decides: a new object is made exclusively, and an existing one is never made again by
accident. When the zone turns out to have something else than was believed, what programs asked for decides:

- an object that was to be made exclusively is refused (EEXIST);
- what a program has emptied is replaced, as if it had been opened now; the object keeps its id, AVUs and permissions;
- what was appended goes to the end of what is there, or becomes a new object when nothing is there any more;
- where nothing was written, at most the time that was asked for is set;
- anything else was made for a version that is gone, and is refused (ESTALE).
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.catalog_entries import NANOSECONDS, find
from irodsfs.grid.error_kinds import Kind, is_taken
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.zone import Zone
from irodsfs.transfer.appending import Append, append
from irodsfs.transfer.flights import SMALL, Patch
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.upload import Upload, upload
from irodsfs.transfer.versions import ChangedElsewhereError, Version, require_unchanged

TURNS = 8
"""How often something may be made and removed elsewhere while it is brought."""

CLOCKS = 2
"""Seconds by which the clocks of the zone and of this machine may differ."""


@dataclass
class InZone:
    """What this mount knows of a data object in the zone.

    `size` in bytes. `base` is the version that changes are made to, and `known` are digests of contents that may be
    overwritten. It was `emptied` when a program asked for that, and everything that is here was written since. What
    this mount has begun to make, or to change, is `ours`; `doubtful` says that it may have been made before the line
    broke.
    """

    registered: bool
    size: int
    base: Version | None = None
    known: set[bytes] = field(default_factory=set)
    emptied: bool = False
    ours: bool = False
    doubtful: bool = False


@dataclass(frozen=True)
class Flushed:
    """The object is `size` bytes long now. `is_other`: it holds more, or other bytes, than this mount does.

    `met` says that others had made or removed it meanwhile.
    """

    size: int
    is_other: bool = False
    met: bool = False
    checksum: str | None = None


@dataclass
class Flusher:
    """One flush: `pending` changes of an object that is `size` bytes long here, where `read(offset, size)` has them.

    `guarded` changes were closed some time ago, so even what was emptied replaces only the version that was known then.
    """

    zone: Zone
    path: str
    size: int
    pending: Pending
    read: Callable[[int, int], bytes]
    in_zone: InZone
    options: TransferOptions
    modified_ns: int | None
    exclusive: bool
    guarded: bool
    attempts: int
    _from: int = 0
    """Where in what is here a new object begins: only what was appended is made again."""

    async def run(self) -> Flushed:
        """Everything is registered on return. Raises the zone's error, `ZoneUnreachable`, or OSError as told above."""
        began = time.time()
        for turn in range(TURNS):
            try:
                brought = await (self._change() if self.in_zone.registered else self._create())
            except Kind.MISSING.classes as error:
                if not self.in_zone.registered:
                    raise
                self._is_gone(error)
            except iRODSException as error:
                if self.in_zone.registered:
                    raise
                await self._meet(error)
            else:
                if not brought.is_other:
                    self._registered(brought, began)
                return replace(brought, met=turn > 0)
        raise ChangedElsewhereError(errno.ESTALE, f"{self.path} is made and removed elsewhere all the time")

    def _registered(self, brought: Flushed, began: float) -> None:
        base = self.in_zone.base
        self.in_zone.base = Version(
            size=brought.size,
            earliest=int(began) - CLOCKS,
            latest=int(time.time()) + CLOCKS,
            id=None if base is None else base.id,
        )
        if self.pending.touch is not None:
            self.in_zone.base = self.in_zone.base.dated(self.pending.touch)

    async def _create(self) -> Flushed:
        task = self._upload(create=True)
        task.doubtful = self.in_zone.doubtful
        try:
            checksum = await upload(self.zone, task, self.attempts)
        finally:
            self.in_zone.doubtful = task.create and task.doubtful
        self.in_zone.registered = True
        self.in_zone.base = None  # another object than what may have had the path before
        return Flushed(self.size - self._from, is_other=self._from > 0, checksum=checksum)

    async def _meet(self, error: iRODSException) -> None:
        """The object could not be made: raise why, or go on with what somebody else has made."""
        found = await find(self.zone, self.path)
        if found is None:
            if is_taken(error):
                return  # it was, and is no more
            raise error
        if self.exclusive:
            raise FileExistsError(errno.EEXIST, f"{self.path} was made elsewhere") from error
        if found.is_collection:
            raise IsADirectoryError(errno.EISDIR, f"{self.path} was made elsewhere") from error
        if not (self.in_zone.emptied or self.pending.is_appended or self.pending.is_untouched):
            raise ChangedElsewhereError(errno.ESTALE, f"{self.path} was changed elsewhere: it is there") from error
        self.in_zone.registered = True
        self.in_zone.size = found.size

    def _is_gone(self, error: iRODSException) -> None:
        if self.in_zone.emptied:
            self.pending.replace_all(self.size)
        if self.pending.is_untouched and not self.pending.replaces:
            raise error
        if not (self.pending.replaces or self.pending.is_appended):
            raise ChangedElsewhereError(errno.ESTALE, f"{self.path} was changed elsewhere: it is gone") from error
        if self.pending.is_appended and not self.pending.replaces:
            self._from = self.in_zone.size
        self.in_zone.registered = False

    async def _change(self) -> Flushed:
        if self.pending.replaces and (self.in_zone.emptied or self.in_zone.ours):
            return await self._replace()
        if self.pending.is_appended:
            return await self._append()
        if self.pending.is_untouched and (self.pending.replaces or self.pending.touch is not None):
            return await self._touch()
        return await self._patch()

    async def _replace(self) -> Flushed:
        if self.guarded:
            await self._require_unchanged()
        return await self._send(self._upload(replace=True))

    async def _append(self) -> Flushed:
        start = 0 if self.pending.replaces else self.in_zone.size
        task = Append(
            self.path,
            Patch(0, self.size - start, lambda offset, size: self.read(start + offset, size)),
            end=self.in_zone.size,
            touch=self.pending.touch,
            checksum=self.options.checksum,
            doubtful=self.in_zone.doubtful,
        )
        try:
            landed = await append(self.zone, task, self.attempts)
        finally:
            self.in_zone.doubtful = task.doubtful
        self.in_zone.doubtful = False
        return Flushed(landed + task.size, is_other=landed != start)

    async def _touch(self) -> Flushed:
        if self.pending.touch is not None:
            await self.zone.perform(
                requests.touch(self.path, self.pending.touch), requests.object_stat(self.path), repeat=True
            )
        return Flushed(self.in_zone.size, is_other=self.pending.replaces)

    async def _patch(self) -> Flushed:
        if self.in_zone.emptied and self.size <= SMALL and self.pending.written:
            # However others have changed it since: a program has asked for nothing but what is here.
            self.pending.replace_all(self.size)
            return await self._replace()
        task = self._upload()
        if task.changes_bytes and (self.guarded or not self.in_zone.ours):
            try:
                await self._require_unchanged(present=True)
            except ChangedElsewhereError:
                if self.guarded or not self.in_zone.emptied:
                    raise
                self.pending.replace_all(self.size)
                return await self._replace()
        return await self._send(task)

    async def _require_unchanged(self, *, present: bool = False) -> None:
        await require_unchanged(self.zone, self.path, self.in_zone.base, self.in_zone.known, present=present)

    async def _send(self, task: Upload) -> Flushed:
        try:
            return Flushed(self.size, checksum=await upload(self.zone, task, self.attempts))
        except ZoneUnreachable:
            self.in_zone.ours = True  # or may be
            raise

    def _upload(self, *, create: bool = False, replace: bool = False) -> Upload:
        emptied = replace and self.size == 0
        return Upload(
            path=self.path,
            patches=self._patches(create=create, replace=replace),
            size=self.size - self._from,
            create=create,
            # Servers make the other replicas stale when one is cut, not when an open empties it.
            replace=replace and not emptied,
            cut=0 if emptied else None if create or replace else self.pending.cut,
            touch=self._time_to_set(emptied=emptied),
            resource=self.options.resource_at(self.path),
            checksum=self.options.checksum,
        )

    def _time_to_set(self, *, emptied: bool) -> int | None:
        # Servers date what is written or cut, not what is emptied a second time.
        if self.pending.touch is None and emptied and self.modified_ns is not None:
            return self.modified_ns // NANOSECONDS
        return self.pending.touch

    def _patches(self, *, create: bool, replace: bool) -> list[Patch]:
        stored = self.in_zone.size if self.pending.cut is None else self.pending.cut
        ranges = self.pending.ranges(self.size, 0 if create or replace else stored)
        start = self._from
        return [
            Patch(first - start, last - start, lambda offset, size: self.read(start + offset, size))
            for first, last in ranges
        ]
