"""Bytes in the spool that are not in the zone, with a description that suffices to put them there."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from irodsfs.private_files import private_file, sync_directory
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import Version, digest

logger = logging.getLogger(__name__)

DESCRIPTION = ".json"
PART = ".part"
GONE = "it was recovered or discarded meanwhile"


class Sender(BaseModel):
    """To which zone, and as which user, bytes are to go."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    zone: str
    user: str


class Description(BaseModel):
    """What kept bytes are.

    They are `ranges` (start, end) of a data object, which has `size` bytes with them. `replace` says that they are all
    of it; otherwise it is first cut to `cut` bytes, where that is given.
    `modified_ns` is the modify time here. `base` is the version they change, None where there was none, and `known`
    digests (hexadecimal) of contents that they may replace. `digest` is their own. `time` (seconds since 1970) and
    `reason` tell when and why they were kept.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    sender: Sender
    ranges: list[tuple[int, int]] = []
    replace: bool = True
    cut: int | None = None
    modified_ns: int | None = None
    mode: int | None = None
    base: Version | None = None
    known: list[str] = []
    digest: str = ""
    time: int = 0
    reason: str = ""

    def is_of(self, content: bytes) -> bool:
        return len(content) == self.size and digest(content).hex() == self.digest

    def of(self, due: Upload) -> Description:
        """The same of what an upload was to bring."""
        ranges = [(patch.start, patch.end) for patch in due.patches]
        return self.model_copy(update={"ranges": ranges, "size": due.size, "replace": due.replace, "cut": due.cut})


@dataclass(frozen=True)
class SpoolEntry:
    """A file of the spool whose first bytes are those of the object, at their offsets."""

    file: Path
    description: Description

    def read(self, offset: int, size: int) -> bytes:
        with open(self.file, "rb", opener=private_file) as file:
            return os.pread(file.fileno(), size, offset)

    def patches(self) -> list[Patch]:
        return [Patch(start, end, self.read) for start, end in self.description.ranges]

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """A block during which nobody else brings these bytes anywhere, in this or another process.

        Raises BlockingIOError when somebody does just now, and FileNotFoundError when that is done.
        """
        try:
            file = open(self.file, "rb", opener=private_file)  # noqa: SIM115 - closing it gives up the lock
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, GONE) from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(errno.EBUSY, "it is being recovered elsewhere just now") from None
            if not os.fstat(file.fileno()).st_nlink:
                raise FileNotFoundError(errno.ENOENT, GONE)
            yield

    def discard(self) -> None:
        self.file.with_name(f"{self.file.name}{DESCRIPTION}").unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)


def new_name() -> str:
    """Names that sort by when they were made."""
    return f"{time.time_ns()}-{secrets.token_hex(4)}"


def save(file: Path, *contents: bytes) -> None:
    """Make a file that is complete or not there, and is on the disk on return."""
    part = file.with_name(f"{file.name}{PART}")
    try:
        with open(part, "xb", opener=private_file) as written:
            for content in contents:
                written.write(content)
            written.flush()
            os.fsync(written.fileno())
        part.rename(file)
        sync_directory(file.parent)
    except OSError:
        part.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        raise


def save_description(file: Path, description: Description) -> None:
    """Describe kept bytes in a file beside theirs."""
    save(file.with_name(f"{file.name}{DESCRIPTION}"), description.model_dump_json(indent=2).encode())


def described_in(directory: Path) -> Iterator[SpoolEntry]:
    """What this user keeps in a directory with descriptions beside it, oldest first."""
    for described in sorted(directory.glob(f"*{DESCRIPTION}")):
        kept = _described(described)
        if kept is not None:
            yield kept


def _described(described: Path) -> SpoolEntry | None:
    """What a description tells of; None (and a line in the log) for one that can't be believed."""
    file = described.with_suffix("")
    try:
        with open(described, "rb", opener=private_file) as opened, open(file, "rb", opener=private_file):
            return SpoolEntry(file, Description.model_validate_json(opened.read()))
    except FileNotFoundError:
        return None  # the bytes are being brought in, or out of the way, just now
    except OSError as error:
        logger.warning("%s is left alone: %s", described, error)
    except ValueError:
        logger.warning("%s is damaged, and is left alone", described)
    return None
