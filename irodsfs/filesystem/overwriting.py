"""Replacing a small data object by putting the content of another one into it.

Saving by a rename then never takes the name away, for no client and at no moment: the data object that has it stays,
with its id, AVUs, permissions, tickets and replicas. It is locked while it is written, which others wait for. The
source goes when the zone has registered the content; until then it has a complete version.
"""

from __future__ import annotations

import errno
import logging
import os
import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from irods.exception import iRODSException
from irods.message import FileSeekResponse, iRODSMessage

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.errnos import REFUSALS, errno_of
from irodsfs.filesystem.replaced_metadata import Known, ReplacedMetadata, queries
from irodsfs.grid import data_objects, requests
from irodsfs.grid.at_most_once import PAUSE, is_gone
from irodsfs.grid.catalog_entries import NANOSECONDS, now_ns
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.error_kinds import may_have_been_done
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.locks import down_is_no_lock, when_unlocked
from irodsfs.grid.posix_avus import SYMLINK
from irodsfs.grid.queries import page
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer import replica
from irodsfs.transfer.checksums import ChecksumMismatchError, registered, verify
from irodsfs.transfer.flights import SMALL, check_descriptor, content, reading

logger = logging.getLogger(__name__)

_MODIFIED = re.compile(rb"<modifyTime>\s*(\d+)")


@dataclass(frozen=True)
class Found:
    """What the zone has: the source with its content and modify time (ns), and the target with its size (bytes).

    `moved_ns` is when it gets into another collection, if it does; the zone does not take that for a change of it.
    """

    content: bytes
    checksum: str
    modified_ns: int
    moved_ns: int | None
    source: Known
    target: Known
    size: int


class Overwriting:
    """Puts the content of data objects into others."""

    def __init__(self, zone: Zone, catalog: Catalog, replaced_metadata: ReplacedMetadata) -> None:
        self._zone = zone
        self._catalog = catalog
        self._replaced_metadata = replaced_metadata

    async def put(self, source: str, target: str) -> Found | None:
        """Put what `source` holds into `target`, and remove `source`; what there was.

        None when that is no way for these two, or was begun in vain: then the source is as it was, and shall take the
        name itself. Waits while somebody else writes one of them. Raises the zone's error.
        """
        found: Found | None = None
        async for attempt in retrying(least_pause=PAUSE):
            with attempt:
                try:
                    async for turn in when_unlocked():
                        with turn:
                            async with down_is_no_lock(self._zone, target):
                                found = await self._put(source, target)
                except iRODSException as error:
                    # Where the line broke, the source may have gone already.
                    if found is None or errno_of(error) != errno.ENOENT or not await is_gone(self._zone, source):
                        raise
                if found is not None:
                    await self._finish(source, target, found)
        return found

    async def _put(self, source: str, target: str) -> Found | None:
        # Asked before there is a connection: those who wait for one while they hold another may wait for ever.
        ids = (await self._zone.identity_at(source)).ids
        async with self._zone.pool.connection() as connection:
            try:
                found = await self._look(connection, source, target, ids)
                written = found is not None and await self._write(connection, target, found)
            finally:
                await replica.close(self._zone, connection)
        return found if written else None

    async def _look(self, connection: ZoneConnection, source: str, target: str, ids: Collection[str]) -> Found | None:
        """Read the source, and lock the target; None when they don't fit, or are not all owned by one of `ids`."""
        asked = [replace(query, whole=False) for path in (source, target) for query in queries(path)]
        replies = await self._zone.pool.run(
            connection,
            [
                requests.open_object(source, os.O_RDONLY),
                requests.read(FIRST_DESCRIPTOR, SMALL + 1),
                requests.close(FIRST_DESCRIPTOR),
                requests.object_stat(source),
                *(query.request() for query in asked),
                requests.open_object(target, os.O_WRONLY),
                requests.seek(FIRST_DESCRIPTOR, 0, os.SEEK_END),
            ],
            may_repeat=True,
        )
        locked = replies[-2]
        if not locked.failed:
            connection.open_descriptors.add(locked.status)
        return self._fitting(source, target, ids, replies)

    def _fitting(self, source: str, target: str, ids: Collection[str], replies: Sequence[Reply]) -> Found | None:
        opened, got, closed, stat, *answers, locked, sought = replies
        check_descriptor(opened)
        content = bytes(got.check().bs)
        closed.check()
        check_descriptor(locked)
        modified, checksum = _MODIFIED.search(stat.check().body), registered(stat)
        size = int(iRODSMessage(msg=sought.check().body).get_main_message(FileSeekResponse).offset)
        pages = [page(answer) for answer in answers]
        of_source, of_target = (
            Known.of(avus.rows, levels.rows) for avus, levels in zip(pages[::2], pages[1::2], strict=True)
        )
        if modified is None or any(each.continuation for each in pages) or max(len(content), size) > SMALL:
            return None
        if any(each.has(SYMLINK) or not each.is_owned_by(ids) for each in (of_source, of_target)):
            return None
        if checksum and not _has(content, checksum):
            return None
        modified_ns = self._exact_time(source, int(modified[1]))
        moved_ns = now_ns() if posixpath.dirname(source) != posixpath.dirname(target) else None
        return Found(content, checksum, modified_ns, moved_ns, of_source, of_target, size)

    def _exact_time(self, path: str, second: int) -> int:
        """The modify time (ns) of what the zone shows with this one: finer, where this mount has set it."""
        entry = self._catalog.peek(path)
        if entry is not None:
            earliest, latest = self._catalog.registered_between(entry)
            if earliest <= second <= latest:
                return entry.modified_ns
        return second * NANOSECONDS

    async def _write(self, connection: ZoneConnection, target: str, found: Found) -> bool:
        """False when the target may be damaged now. Raises what prevented that anything was changed."""
        began, flight = self._writing(target, found)
        replies = await self._zone.pool.run(connection, flight, may_repeat=True)
        connection.open_descriptors.clear()
        for reply in replies[: began + 1]:
            reply.check()
        try:
            for request, reply in zip(flight, replies, strict=True):
                if reply.check().status < len(request.bs):
                    raise OSError(errno.ENOSPC, f"the zone took {reply.status} of {len(request.bs)} bytes")
            if found.checksum:
                verify(target, data_objects.checksum_text(replies[-1]), [found.content])
        except REFUSALS as error:
            if may_have_been_done(error) and await self._has_taken(connection, target, found.content):
                logger.warning("%s may lack replicas that are up to date: %s", target, describe(error))
                return True
            logger.info(
                "the content did not get into %s, which is replaced as a whole now: %s", target, describe(error)
            )
            return False
        return True

    async def _has_taken(self, connection: ZoneConnection, target: str, written: bytes) -> bool:
        replies = await self._zone.pool.run(connection, reading(target, SMALL + 1, stat=False))
        try:
            return content(replies) == written
        except ZONE_FAILURES as error:
            logger.info("what %s holds can't be seen: %s", target, describe(error))
            return False

    def _writing(self, target: str, found: Found) -> tuple[int, list[Request]]:
        """The flight that changes the content of what is open, and which of its requests is the first to change it.

        Others should never see a part of it. So what is open is only cut when it has to become shorter.
        """
        size = len(found.content)
        if not size:
            cutting = requests.truncate(target, 0, replica=self._zone.can_truncate_replicas)
            return 1, [requests.close(FIRST_DESCRIPTOR), cutting, *_checksum(target, found)]
        written = [requests.write(FIRST_DESCRIPTOR, found.content), requests.close(FIRST_DESCRIPTOR, written=True)]
        if size < found.size:
            again = requests.open_object(target, os.O_WRONLY | os.O_TRUNC)
            return 1, [requests.close(FIRST_DESCRIPTOR), again, *written, *_checksum(target, found)]
        return 0, [requests.seek(FIRST_DESCRIPTOR, 0), *written, *_checksum(target, found)]

    async def _finish(self, source: str, target: str, found: Found) -> None:
        changes = self._replaced_metadata.personal_changes(target, found.target, found.source)
        if self._replaced_metadata.has_own(found.source):
            changes += await self._replaced_metadata.changes(target, found.target, found.source)
        dating = [requests.touch(target, found.modified_ns // NANOSECONDS)]
        if found.moved_ns is not None:
            dating.append(requests.touch(posixpath.dirname(target), found.moved_ns // NANOSECONDS))
        replies = await self._zone.fly(*dating, *changes, requests.unlink(source), may_repeat=True)
        dated, described, removed = replies[: len(dating)], replies[len(dating) : -1], replies[-1]
        for reply in dated:
            if reply.failed:
                # Perhaps somebody else is overwriting it by now, and it will have another time.
                logger.info("%s was not dated: %s", target, describe(reply.failure()))
        for reply in described:
            if reply.failed:
                logger.warning("%s lacks AVUs or permissions of %s: %s", target, source, describe(reply.failure()))
        if removed.failed and not await self._is_gone(source, removed.failure()):
            raise removed.failure()

    async def _is_gone(self, source: str, error: iRODSException) -> bool:
        if may_have_been_done(error):
            return await is_gone(self._zone, source)
        return errno_of(error) == errno.ENOENT


def _checksum(target: str, found: Found) -> list[Request]:
    return [data_objects.checksum(target, force=True).after_all()] if found.checksum else []


def _has(content: bytes, checksum: str) -> bool:
    try:
        verify("", checksum, [content])
    except ChecksumMismatchError:
        return False
    return True
