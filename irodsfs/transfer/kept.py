"""Bytes in the spool that are not in the zone, with a description that suffices to put them there."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from irodsfs.transfer.flights import Patch
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import Version, digest

logger = logging.getLogger(__name__)

DESCRIPTION = ".json"
PART = ".part"


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
    of it; otherwise it is first cut to `cut` bytes and at last made `grown_to` bytes long, where these are given.
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
    grown_to: int | None = None
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
        changes = {"ranges": ranges, "size": due.size, "replace": due.replace, "cut": due.cut, "grown_to": due.grown_to}
        return self.model_copy(update=changes)


@dataclass(frozen=True)
class Kept:
    """A file of the spool whose first bytes are those of the object, at their offsets."""

    file: Path
    description: Description

    def read(self, offset: int, size: int) -> bytes:
        with self.file.open("rb") as file:
            return os.pread(file.fileno(), size, offset)

    def patches(self) -> list[Patch]:
        return [Patch(start, end, self.read) for start, end in self.description.ranges]

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
        with open(part, "xb", opener=private) as written:
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


def described_in(directory: Path) -> Iterator[Kept]:
    """What is kept in a directory with descriptions beside it, oldest first."""
    for described in sorted(directory.glob(f"*{DESCRIPTION}")):
        file = described.with_suffix("")
        try:
            if file.exists():
                yield Kept(file, Description.model_validate_json(described.read_bytes()))
        except ValueError:
            logger.warning("%s is damaged, and is left alone", described)


def make_private(directory: Path) -> None:
    """A directory for its owner only, that is still there after a crash."""
    if directory.is_dir():
        return
    make_private(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
