"""Local files that hold what was written until the zone has it, and what the zone would not take."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from irodsfs.grid.flight import Stored
from irodsfs.transfer.extents import Extents
from irodsfs.transfer.flights import Patch

FAILED = "failed"

AT_ONCE = 256 * 1024
"""Bytes that are worth a call of their own. Much more would have left the processor's cache before it is written."""

MOST_PIECES = 1024
"""Linux writes no more in one call."""


class SpoolFile:
    """An unnamed local file with the content of one data object, as far as it is `present`.

    Small pieces can be `put`: memory holds them until the next `settle`, which writes many in one call.
    """

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - lives as long as the object is open
        self.present = Extents()
        self._pieces: list[tuple[int, bytes]] = []
        self._waiting = 0

    @property
    def is_settled(self) -> bool:
        return not self._pieces

    @property
    def is_due(self) -> bool:
        """True when memory holds as much as it should before the next `settle`."""
        return self._waiting >= AT_ONCE or len(self._pieces) >= MOST_PIECES

    def put(self, offset: int, content: bytes) -> None:
        """Take bytes without waiting for the disk."""
        self._pieces.append((offset, content))
        self._waiting += len(content)
        self.present.add(offset, offset + len(content))

    def settle(self) -> None:
        """Write what was put. When it can't be written, for want of space, it waits for the next time."""
        for offset, pieces in _runs(self._pieces):
            _write_together(self._file.fileno(), offset, pieces)
        self._pieces.clear()
        self._waiting = 0

    def settled_to(self, start: int, end: int) -> int:
        """The end of what has settled of a range, from its start on."""
        waiting = (max(start, offset) for offset, content in self._pieces if offset + len(content) > start)
        return min(end, min(waiting, default=end))

    def read(self, offset: int, size: int) -> bytes:
        self.settle()
        return os.pread(self._file.fileno(), size, offset)

    def write(self, offset: int, content: bytes | bytearray | memoryview) -> None:
        """Write at once, after what was put before."""
        self.settle()
        _write_all(self._file.fileno(), offset, content)
        self.present.add(offset, offset + len(content))

    def stored(self, offset: int, size: int) -> Stored:
        """What has settled in a range, to be sent. What settles there until it was sent goes instead."""
        return Stored(self._file, offset, size)

    def resize(self, old: int, new: int) -> None:
        """Cut to `new` bytes, or extend from `old` to `new` with zeros."""
        self.settle()
        os.ftruncate(self._file.fileno(), new)
        self.present.cut(new)
        self.present.add(old, new)

    def close(self) -> None:
        self._file.close()


class Spool:
    """The spool directory of a mount (0700): working files, and below `failed/` what could not be delivered."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def open(self) -> SpoolFile:
        return SpoolFile(self.directory)

    def keep(self, path: str, patches: Iterable[Patch], size: int, reason: str) -> Path:
        """Store bytes that the zone would not take at their offsets, and a description beside them."""
        kept = self.directory / FAILED
        kept.mkdir(mode=0o700, exist_ok=True)
        target = kept / f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(4)}"
        ranges = []
        with open(target, "xb", opener=_private) as file:
            os.ftruncate(file.fileno(), size)
            for patch in patches:
                offset = patch.start
                for chunk in patch.chunks():
                    _write_all(file.fileno(), offset, chunk)
                    offset += len(chunk)
                ranges.append([patch.start, patch.end])
            os.fsync(file.fileno())
        description = {"path": path, "size": size, "ranges": ranges, "reason": reason, "time": int(time.time())}
        with open(target.with_suffix(".json"), "x", opener=_private) as file:
            json.dump(description, file)
        return target


def _runs(pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, list[bytes]]]:
    """Pieces that follow one another, and where they begin."""
    start = end = 0
    together: list[bytes] = []
    for offset, content in pieces:
        if together and offset != end:
            yield start, together
            together = []
        if not together:
            start = offset
        together.append(content)
        end = offset + len(content)
    if together:
        yield start, together


def _write_together(descriptor: int, offset: int, pieces: Sequence[bytes]) -> None:
    written = os.pwritev(descriptor, pieces, offset)
    if written < sum(map(len, pieces)):
        _write_all(descriptor, offset + written, b"".join(pieces)[written:])


def _write_all(descriptor: int, offset: int, content: bytes | bytearray | memoryview) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
