"""Letting bytes that are written in order go into the zone before the flush that would have to wait for them."""

from __future__ import annotations

import logging

from irods.exception import iRODSException

from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.zone import Zone
from irodsfs.transfer.extents import Extents
from irodsfs.transfer.flights import CHUNK, opening_flags
from irodsfs.transfer.flusher import InZone
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.spool import SpoolFile
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.versions import BeingWrittenError, ChangedElsewhereError, require_unchanged
from irodsfs.transfer.write_stream import WriteStream

logger = logging.getLogger(__name__)

STREAM_FROM = 2 * CHUNK
"""Bytes written in order from which on they go into the zone before a flush asks for it."""


class Streaming:
    """At most one stream of an open object. Whoever calls holds the object's lock.

    A stream that fails costs nothing but time: all its bytes are in the spool file, for the flush to bring.
    """

    def __init__(self, zone: Zone, options: TransferOptions) -> None:
        self._zone = zone
        self._options = options
        self._stream: WriteStream | None = None
        self._rewritten = Extents()
        self._creates = False

    @property
    def position(self) -> int:
        """Up to where (bytes) the stream has taken over; 0 without one."""
        return self._stream.position if self._stream is not None else 0

    async def go_on(self, path: str, file: SpoolFile, pending: Pending, in_zone: InZone, offset: int, end: int) -> None:
        """A range was written from `offset` to `end` (bytes): begin a stream when it is time to, or feed it."""
        if self._stream is None:
            start, ready = pending.written.first()
            if ready - start < STREAM_FROM:
                return
            if in_zone.emptied and in_zone.size == 0:
                pending.replaces = True  # an empty object has been made of it before
            if not await self._may_begin(path, pending, in_zone):
                return
            self._creates = not in_zone.registered
            resource = self._options.resource_at(path)
            hosts = self._zone.hosts
            route = await (hosts.route_of_new(path, resource) if self._creates else hosts.route(path))
            place = self._zone.pool.keep()
            if place is None:
                return  # others need the connections: the flush brings it
            flags = opening_flags(create=self._creates, replace=pending.replaces)
            self._stream = WriteStream(
                self._zone, path, file, start, flags, place, route, checksum=self._options.checksum
            )
        self._rewritten.add(offset, min(end, self._stream.position))
        ready = pending.written.end_from(self._stream.position)
        if ready - self._stream.position >= CHUNK:
            await self._stream.hand_over(file.settled_to(self._stream.position, ready))

    async def finish(self, pending: Pending, in_zone: InZone) -> None:
        """Only what did not go the way of the stream is pending after this; that is all when the stream failed."""
        stream = self._stream
        if stream is None:
            return
        try:
            await stream.hand_over(pending.written.end_from(stream.position))
            await stream.finish()
        except Exception as error:
            # Whatever it was, the flush brings everything, and tells what prevents that.
            logger.info("the stream is repeated from the spool: %s", describe(error))
            await self.abort(in_zone)
            return
        self._stream = None
        in_zone.size = stream.position if pending.replaces else max(stream.position, in_zone.size)
        in_zone.registered = in_zone.ours = True
        pending.streamed(self._rewritten, stream.position)
        self._rewritten = Extents()

    async def abort(self, in_zone: InZone) -> None:
        """Everything is as pending as if there had been no stream, but the object may be in the zone by now."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        await stream.abort()
        self._rewritten.clear()
        if stream.opened:
            in_zone.registered = in_zone.ours = True
            in_zone.size = max(in_zone.size, stream.position)
        elif self._creates and not isinstance(stream.failure, iRODSException):
            # Whatever prevented that it was open, the zone may have made it.
            in_zone.doubtful = True

    async def _may_begin(self, path: str, pending: Pending, in_zone: InZone) -> bool:
        if pending.cut is not None:
            return False
        if not in_zone.registered or in_zone.ours or (in_zone.emptied and pending.replaces):
            return True
        if pending.is_appended:
            return False  # where the end is then is for the flush to find out
        try:
            await require_unchanged(self._zone, path, in_zone.base, in_zone.known, present=True)
        except (ChangedElsewhereError, BeingWrittenError, *ZONE_FAILURES) as error:
            logger.debug("%s is not streamed: %s", path, describe(error))
            return False  # told by the flush
        return True
