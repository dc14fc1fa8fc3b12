"""Whole data objects and ranges of them, each moved in one flight."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request

SMALL = 4 * 1024 * 1024
"""Bytes up to which an object is moved whole: up to here that is faster by every measure of `benchmarks.crossover`."""

CHUNK = 4 * 1024 * 1024
"""Bytes of one read or write request of a large object."""

RELAYED = 2 * CHUNK
"""The same where a server passes each on to another one, and waits for the answer before it does so with the next.

Half as many of them are under way, so they take no more memory.
"""


@dataclass(frozen=True)
class Patch:
    """Bytes from `start` to `end` of an object, which `read(offset, size)` answers, as often as it is asked."""

    start: int
    end: int
    read: Callable[[int, int], bytes]

    def chunks(self) -> Iterator[bytes]:
        for offset in range(self.start, self.end, CHUNK):
            yield self.read(offset, min(CHUNK, self.end - offset))


def reading(path: str, size: int, *, stat: bool) -> list[Request]:
    """The flight that brings up to `size` bytes from the start of an object, with a `stat` of it before that.

    What the stat tells is as old as the content, or older.
    """
    return [
        *([requests.object_stat(path)] if stat else []),
        requests.open_object(path, os.O_RDONLY),
        requests.read(FIRST_DESCRIPTOR, size),
        requests.close(FIRST_DESCRIPTOR),
    ]


def content(replies: Sequence[Reply]) -> bytearray | bytes:
    """What a `reading` flight brought."""
    opened, got, closed = replies[-3:]
    check_descriptor(opened)
    got.check()
    closed.check()
    return got.bs


def reading_range(path: str, offset: int, size: int) -> list[Request]:
    """The flight that brings up to `size` bytes at `offset`; see `range_content`."""
    opening, *others = reading(path, size, stat=False)
    return [opening, requests.seek(FIRST_DESCRIPTOR, offset), *others]


def range_content(replies: Sequence[Reply]) -> bytearray | bytes:
    """What a `reading_range` flight brought."""
    opened, sought, *others = replies
    opened.check()
    sought.check()
    return content([opened, *others])


def check_descriptor(opened: Reply) -> None:
    if opened.check().status != FIRST_DESCRIPTOR:
        raise ZoneUnreachable(f"open answered descriptor {opened.status}, {FIRST_DESCRIPTOR} was foreseen")


def opening_flags(*, create: bool, replace: bool) -> int:
    """How to open an object that is to be made, is replaced as a whole, or else gets ranges.

    Never with O_CREAT alone: of an object that exists, a server would make one more replica, and call the others stale.
    """
    if create:
        return os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.O_WRONLY | (os.O_TRUNC if replace else 0)


def writing(
    path: str, flags: int, patches: Iterable[Patch], *, resource: str | None, checksum: str | None
) -> Iterator[Request]:
    """The flight that opens an object, puts patches into it and closes it; `checksum` as in `TransferOptions`."""
    yield requests.open_object(path, flags, resource=resource, checksum=checksum or None)
    position = 0
    for patch in patches:
        if patch.start != position:
            yield requests.seek(FIRST_DESCRIPTOR, patch.start)
        for chunk in patch.chunks():
            yield requests.write(FIRST_DESCRIPTOR, chunk)
        position = patch.end
    yield requests.close(FIRST_DESCRIPTOR, written=True)
