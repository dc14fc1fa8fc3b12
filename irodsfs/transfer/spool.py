"""Local files that hold what was written until the zone has it, and what the zone would not take."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from irodsfs.grid.flight import Stored
from irodsfs.transfer.extents import Extents
from irodsfs.transfer.flights import Patch

FAILED = "failed"


class SpoolFile:
    """An unnamed local file with the content of one data object, as far as it is `present`."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - lives as long as the object is open
        self.present = Extents()

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._file.fileno(), size, offset)

    def write(self, offset: int, content: bytes | bytearray | memoryview) -> None:
        _write_all(self._file.fileno(), offset, content)
        self.present.add(offset, offset + len(content))

    def stored(self, offset: int, size: int) -> Stored:
        """What is in a range, to be sent. Bytes of it that are written until it was sent go instead of these."""
        return Stored(self._file, offset, size)

    def resize(self, old: int, new: int) -> None:
        """Cut to `new` bytes, or extend from `old` to `new` with zeros."""
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


def _write_all(descriptor: int, offset: int, content: bytes | bytearray | memoryview) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
