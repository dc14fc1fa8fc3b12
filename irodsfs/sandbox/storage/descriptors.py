"""What a session has open: replicas by descriptor, numbered from 3 as the protocol does."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field

from irodsfs.sandbox.federation.link import RemoteDescriptor
from irodsfs.sandbox.protocol.error_numbers import IrodsError

FIRST = 3
LIMIT = 1026


@dataclass
class Descriptor:
    """An open replica: its catalog row as of the open, and the operating system's descriptor in ``file``.

    ``written`` is the sum of all writes in bytes, None before the first one; ``expected_size`` is the client's hint.
    ``copies_refused`` is why what was written can't be copied to where else it belongs, 0 when it can.
    """

    path: str
    flags: int
    file: int
    replica: sqlite3.Row
    created: bool = False
    token: str = ""
    operation: int = 0
    mode: int = 0
    expected_size: int = -1
    written: int | None = None
    copies_refused: int = 0
    keywords: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        """Data object id and replica number."""
        return self.replica["data_id"], self.replica["data_repl_num"]

    @property
    def size(self) -> int:
        """Bytes in the replica as of the open."""
        return 0 if self.flags & os.O_TRUNC else int(self.replica["data_size"])

    @property
    def is_writable(self) -> bool:
        return self.flags & os.O_ACCMODE != os.O_RDONLY

    @property
    def is_changed(self) -> bool:
        """Whether there is new content: the replica was made by the open, or bytes were written."""
        return self.created or bool(self.written)

    def expects_another(self, size: int) -> bool:
        """Whether the client announced another size than this one."""
        return self.expected_size > 0 and self.expected_size != size

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be read: the replica was empty and nothing was written since."""
        return self.size == 0 and not self.written


class Descriptors:
    """The open descriptors of one session; the lowest free number is taken first."""

    def __init__(self) -> None:
        self._open: dict[int, Descriptor] = {}
        self.elsewhere: dict[int, RemoteDescriptor] = {}
        """Those that stand for one of another server."""

    def free_number(self) -> int:
        """The number the next descriptor gets; raises IrodsError when there is none left."""
        for number in range(FIRST, LIMIT):
            if number not in self._open and number not in self.elsewhere:
                return number
        raise IrodsError("SYS_OUT_OF_FILE_DESC")

    def add(self, number: int, descriptor: Descriptor) -> int:
        """Keeps a descriptor under a free number."""
        self._open[number] = descriptor
        return number

    def has(self, number: int) -> bool:
        """Whether a descriptor of that number is open."""
        return number in self._open

    def get(self, number: int, error: str = "BAD_INPUT_DESC_INDEX") -> Descriptor:
        """The descriptor of that number; raises IrodsError when it is out of range or not open."""
        if not FIRST <= number < LIMIT:
            raise IrodsError("SYS_FILE_DESC_OUT_OF_RANGE")
        if number not in self._open:
            raise IrodsError(error)
        return self._open[number]

    def remove(self, number: int) -> Descriptor:
        """Frees a number and answers what it stood for."""
        return self._open.pop(number)

    def numbers(self) -> list[int]:
        """The numbers in use."""
        return list(self._open)
