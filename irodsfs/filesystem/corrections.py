"""What a mount had cached and the zone denies: forgotten at once, here and in the kernel, and asked for again."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from irods.exception import iRODSException

from irodsfs.filesystem.caches import Caches
from irodsfs.filesystem.errnos import REFUSALS, errno_of
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.error_kinds import may_have_been_done
from irodsfs.grid.errors import ZONE_FAILURES

DENIALS = {errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
"""What a call may end in because something is not there, or is there, other than was cached."""

Result = TypeVar("Result")


class Corrections:
    """Drops what was cached wrongly, so that no call fails for the sake of it."""

    def __init__(self, caches: Caches) -> None:
        self._catalog = caches.catalog
        self._avus = caches.avus
        self._inodes = caches.inodes

    def wrong(self, path: str) -> None:
        """What is cached of a path is not so: the next call asks the zone, the kernel's included."""
        self._forget(path)
        self._inodes.forget_name(path)

    def refused(self, path: str, error: BaseException) -> None:
        """The zone refused to make something at a path that was free in the cache, in a collection that is there."""
        number = errno_of(error)
        if number == errno.EEXIST:
            self.wrong(path)
        elif number == errno.ENOENT:
            self.wrong(posixpath.dirname(path))

    async def are_wrong(self, *paths: str) -> bool:
        """Ask the zone what is at some paths; True when that is not what was cached of one of them."""
        cached = {path: self._catalog.peek(path) for path in paths}
        for path in paths:
            self._forget(path)
        wrong = [path for path in paths if _differ(cached[path], await self._catalog.find_if_there(path))]
        for path in wrong:
            self._inodes.forget_name(path)
        return bool(wrong)

    async def on(self, path: str, act: Callable[[Entry], Awaitable[Result]]) -> Result:
        """Act on what is cached of a path; when the zone denies that, on what is there."""
        with self.doubted(path):
            try:
                return await act(await self._catalog.find(path))
            except REFUSALS as error:
                if not is_denial(error) or not await self.are_wrong(path):
                    raise
            return await act(await self._catalog.find(path))

    @contextmanager
    def doubted(self, *paths: str) -> Iterator[None]:
        """What is cached of the paths is not so any more when the block fails and may have had its effect."""
        try:
            yield
        except ZONE_FAILURES as error:
            # As long as no zone is there, nobody could tell what is so instead.
            if may_have_been_done(error) and not self._catalog.zone_is_away:
                for path in paths:
                    self.wrong(path)
            raise

    def _forget(self, path: str) -> None:
        known = self._catalog.peek(path)
        if known is not None:
            self._avus.forget(known)
        self._catalog.changed_elsewhere(path)


def is_denial(error: BaseException) -> bool:
    """Whether a call may have failed because something is not as it was cached."""
    # The atomic APIs call what is missing an invalid parameter.
    return errno_of(error) in DENIALS or (isinstance(error, iRODSException) and errno_of(error) == errno.EINVAL)


def _differ(before: Entry | None, after: Entry | None) -> bool:
    if before is None or after is None:
        return before is not after
    if before.is_collection != after.is_collection or before.access != after.access:
        return True
    # What was made here has no number of the zone until it is asked for.
    return before.id != after.id and before.id > 0
