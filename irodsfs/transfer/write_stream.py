"""Writing a large object into the zone while it is still being written here."""

from __future__ import annotations

import logging

import trio

from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.hosts import Route
from irodsfs.grid.logins import OURS
from irodsfs.grid.pool import Place
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, RELAYED
from irodsfs.transfer.spool import SpoolFile
from irodsfs.transfer.writer import Writer

logger = logging.getLogger(__name__)

AHEAD = 16 * CHUNK
"""Bytes that whoever writes may be ahead of the zone."""


class WriteStream:
    """One open replica into which ranges of a spool file go in order, from `start` on.

    `position` is the end (in bytes) of what was handed over. The spool file keeps everything, so a stream that fails
    loses nothing: it tells so when it is finished. `place` is what was kept for its connection: whoever writes may
    pause for as long as it likes. `checksum` is as in `TransferOptions`.
    """

    def __init__(
        self,
        zone: Zone,
        path: str,
        file: SpoolFile,
        start: int,
        flags: int,
        place: Place,
        route: Route,
        *,
        checksum: str | None,
    ) -> None:
        self.position = start
        self.opened = False
        self._path = path
        self._file = file
        self._sent = start
        # The spool file has everything: the flush brings it when the line breaks.
        self._writer = Writer(
            zone, path, flags, offset=start, resource=route.resource, checksum=checksum, place=place,
            hosts=route.hosts, may_repeat=True,
        )  # fmt: skip
        self._is_relayed = route.is_relayed
        self._complete = False
        self._aborted = False
        self._moved = trio.lowlevel.ParkingLot()
        self._failure: BaseException | None = None
        self._is_registered = False
        self._ended = trio.Event()
        zone.background.start_soon(self._run, at_end=self._end)

    async def hand_over(self, end: int) -> None:
        """Bytes up to `end` are in the spool file; waits while the zone is too far behind."""
        self.position = end
        self._move()
        while self.position - self._sent > AHEAD and not self._ended.is_set():
            await self._moved.park()

    async def finish(self) -> None:
        """Return when everything handed over is registered; raises what prevented it."""
        self._complete = True
        self._move()
        await self._ended.wait()
        if self._failure is not None:
            raise self._failure
        if not self._is_registered:
            raise ZoneUnreachable(f"writing {self._path} was given up before the zone had all of it")

    async def abort(self) -> None:
        """Close the replica as it is."""
        self._aborted = True
        self._move()
        await self._ended.wait()

    @property
    def failure(self) -> BaseException | None:
        """What has ended it before it was complete."""
        return self._failure

    async def _run(self) -> None:
        try:
            await self._writer.open()
            self.opened = True
            while not self._aborted and not (self._complete and self._sent == self.position):
                if self._sent < self.position:
                    await self._send_chunk()
                else:
                    await self._moved.park()
            await self._writer.close()
            self._is_registered = self._complete and self._sent == self.position
        except Exception as error:
            # Told to whoever finishes the stream: this task has nobody who could handle it.
            logger.info("streaming %s: %s", self._path, describe(error))
            self._failure = error
        finally:
            # Also when this task is cancelled: what is left open would stay locked for everybody.
            with trio.CancelScope(shield=True):
                await self._writer.abort()

    def _end(self) -> None:
        self._ended.set()
        self._move()

    async def _send_chunk(self) -> None:
        most = RELAYED if self._is_relayed and self._writer.host == OURS else CHUNK
        size = min(most, self.position - self._sent)
        await self._writer.send(self._file.stored(self._sent, size))
        self._sent += size
        self._move()

    def _move(self) -> None:
        self._moved.unpark_all()
