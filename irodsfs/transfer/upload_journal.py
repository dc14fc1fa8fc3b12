"""Small files that are safe on the disk of this machine, and wait there until the zone has them.

Each mount that is alive has a directory of its own below `waiting/` of its spool, with a file in it that it keeps
locked; what lies in directories without a lock was left by mounts that were killed. An entry is one file: the bytes, a
newline, and the description in one line.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from irodsfs.private_files import is_own, make_private, private_file
from irodsfs.transfer.spool_entry import PART, Description, SpoolEntry, new_name, save

logger = logging.getLogger(__name__)

WAITING = "waiting"
LOCK = "lock"


class Claim:
    """A directory of entries that belongs to this process until it is left."""

    def __init__(self, directory: Path, lock: IO[bytes]) -> None:
        self.directory = directory
        self._lock = lock

    @classmethod
    def of(cls, directory: Path) -> Claim | None:
        """None when a process that is alive has it."""
        lock = open(directory / LOCK, "ab", opener=private_file)  # noqa: SIM115 - closing it gives up the lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return cls(directory, lock)

    def entries(self) -> Iterator[SpoolEntry]:
        """What was complete when the mount died, in the order in which it was closed there."""
        for file in sorted(self.directory.iterdir()):
            if file.suffix == PART:
                file.unlink()  # whoever wrote it was never told that it is safe
            elif file.name != LOCK:
                kept = read_entry(file)
                if kept is not None:
                    yield kept

    def leave(self) -> None:
        """Others may claim what is left; an empty directory goes."""
        if [file.name for file in self.directory.iterdir()] == [LOCK]:
            (self.directory / LOCK).unlink()
            self.directory.rmdir()
        self._lock.close()


class UploadJournal:
    """The entries of one mount. Its methods are for worker threads."""

    def __init__(self, spool: Path) -> None:
        self._root = spool / WAITING
        self._mutex = threading.Lock()
        self._own: Claim | None = None
        self._adopted: list[Claim] = []

    def put(self, description: Description, content: bytes) -> SpoolEntry:
        """Make an entry, which is on the disk on return. Raises OSError when there is no room for it."""
        kept = SpoolEntry(self._own_directory() / new_name(), description)
        save(kept.file, content, b"\n", description.model_dump_json().encode())
        return kept

    def adopt(self) -> list[SpoolEntry]:
        """Claim what mounts have left that were killed."""
        self._adopted = claim_abandoned(self._root)
        return [kept for claim in self._adopted for kept in claim.entries()]

    def leave(self) -> None:
        """What still waits is for the next mount."""
        for claim in [*self._adopted, *([self._own] if self._own else [])]:
            claim.leave()

    def _own_directory(self) -> Path:
        with self._mutex:
            if self._own is None:
                directory = self._root / new_name()
                make_private(directory)
                self._own = Claim.of(directory)
            assert self._own is not None, "a new directory was claimed by somebody else"
            return self._own.directory


def claim_abandoned(root: Path) -> list[Claim]:
    """The directories below `waiting/` whose mounts are dead."""
    if not root.is_dir():
        return []
    make_private(root)
    claims = (Claim.of(directory) for directory in sorted(root.iterdir()) if _is_claimable(directory))
    return [claim for claim in claims if claim is not None]


def _is_claimable(directory: Path) -> bool:
    status = directory.lstat()
    is_own_directory = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    if not is_own_directory:
        logger.warning("%s is no directory of this user's, and is left alone", directory)
    return is_own_directory


def read_entry(file: Path) -> SpoolEntry | None:
    """An entry; None (and a line in the log) for a file that is not as it was written, or is somebody else's."""
    if not is_own(file.lstat()):
        logger.warning("%s is not of this user, and is left alone", file)
        return None
    content, _, described = file.read_bytes().rpartition(b"\n")
    try:
        description = Description.model_validate_json(described)
    except ValueError:
        description = None
    if description is None or not description.is_of(content):
        logger.warning("%s is damaged, and is left alone", file)
        return None
    return SpoolEntry(file, description)
