"""Local files that hold what was written until the zone has it, and what the zone would not take."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from irodsfs.grid.errors import describe
from irodsfs.grid.flight import Stored
from irodsfs.private_files import make_private, private_file, sync_directory
from irodsfs.transfer.extents import Extents
from irodsfs.transfer.memory import Part, Share
from irodsfs.transfer.spool_entry import (
    DESCRIPTION,
    Description,
    SpoolEntry,
    described_in,
    new_name,
    save_description,
)
from irodsfs.transfer.upload import Upload

logger = logging.getLogger(__name__)

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
        self._file = _unnamed(directory)
        self.present = Extents()
        self._pieces: list[tuple[int, bytes]] = []
        # Whoever writes holds the lock of the open file; whoever only keeps what is there when the mount ends does not.
        self._mutex = threading.Lock()
        self._share = Share()
        """What those pieces take of the memory."""

    @property
    def is_settled(self) -> bool:
        return not self._pieces

    @property
    def is_due(self) -> bool:
        """True when memory holds as much as it should before the next `settle`."""
        return self._share.size >= AT_ONCE or len(self._pieces) >= MOST_PIECES

    def put(self, offset: int, content: bytes) -> bool:
        """Take bytes without waiting for the disk; False when there is no memory for them, so they must be written."""
        with self._mutex:
            if not self._share.resize(self._share.size + len(content), Part.ON_ITS_WAY):
                return False
            self._pieces.append((offset, content))
        self.present.add(offset, offset + len(content))
        return True

    def settle(self) -> None:
        """Write what was put. When it can't be written, for want of space, it waits for the next time."""
        with self._mutex:
            for offset, pieces in _runs(self._pieces):
                _write_together(self._file.fileno(), offset, pieces)
            self._pieces.clear()
            self._share.give_back()

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

    def link(self, name: Path) -> bool:
        """Give the file a name of its own; False where the file system can't. It goes on being written."""
        self.settle()
        directory = os.open(name.parent, os.O_DIRECTORY)
        try:
            # Not without a descriptor: Python would call link(2), which does not follow the link in /proc.
            os.link(f"/proc/self/fd/{self._file.fileno()}", name.name, dst_dir_fd=directory, follow_symlinks=True)
        except OSError as error:
            logger.debug("%s is copied: %s", name, describe(error))
            return False
        finally:
            os.close(directory)
        return True

    def close(self) -> None:
        self._file.close()
        self._share.give_back()


class Spool:
    """The spool directory of a mount (0700): working files, and below `failed/` what could not be delivered."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        make_private(directory)

    def open(self, content: bytes | bytearray | None = None) -> SpoolFile:
        """A new file, with this content."""
        file = SpoolFile(self.directory)
        try:
            file.write(0, content or b"")
        except OSError:
            file.close()
            raise
        return file

    def keep(self, description: Description, due: Upload, *, ends: bool = False) -> SpoolEntry:
        """Store bytes that the zone would not take at their offsets, and a description beside them.

        When the mount `ends`, nobody goes on writing: the file that has them already can be the one that is kept.
        """
        make_private(self._failed)
        kept = SpoolEntry(self._failed / new_name(), description.of(due))
        try:
            if not (ends and due.link is not None and due.link(kept.file)):
                _copy(due, kept.file)
            save_description(kept.file, kept.description)
        except BaseException:
            kept.discard()  # nobody would ever find half of it
            raise
        return kept

    def take(self, kept: SpoolEntry, reason: str) -> SpoolEntry:
        """Keep what was safe in a file of the spool already, without room for a second copy of it."""
        make_private(self._failed)
        failed = SpoolEntry(self._failed / kept.file.name, kept.description.model_copy(update={"reason": reason}))
        save_description(failed.file, failed.description)
        kept.file.rename(failed.file)
        os.truncate(failed.file, kept.description.size)
        sync_directory(self._failed)
        return failed

    def failed(self) -> list[SpoolEntry]:
        """What is kept below `failed/`, oldest first."""
        return list(described_in(self._failed))

    def count_failed(self) -> int:
        """How many files are kept below `failed/`."""
        return sum(1 for _ in self._failed.glob(f"*{DESCRIPTION}"))

    @property
    def _failed(self) -> Path:
        return self.directory / FAILED


def _unnamed(directory: Path) -> IO[bytes]:
    """A file without a name, which it can be given later where the file system supports that."""
    try:
        return os.fdopen(os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600), "w+b")
    except OSError:
        return tempfile.TemporaryFile(dir=directory)


def _copy(due: Upload, file: Path) -> None:
    with open(file, "xb", opener=private_file) as written:
        os.ftruncate(written.fileno(), due.size)
        for patch in due.patches:
            offset = patch.start
            for chunk in patch.chunks():
                _write_all(written.fileno(), offset, chunk)
                offset += len(chunk)
        os.fsync(written.fileno())


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
