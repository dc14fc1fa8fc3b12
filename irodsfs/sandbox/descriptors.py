"""What an agent has open: replicas by descriptor, numbered from 3 as the protocol does."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from irodsfs.sandbox.errors import IrodsError

FIRST = 3
LIMIT = 1026


@dataclass
class Descriptor:
    """An open replica. ``file`` is the operating system's descriptor; ``size`` is in bytes, as of the open;
    ``written`` is the sum of all writes, None before the first one; ``expected_size`` is the client's hint or -1."""

    path: str
    flags: int
    file: int
    data_id: int
    replica_number: int
    physical_path: str
    size: int
    created: bool = False
    token: str = ""
    operation: int = 0
    expected_size: int = -1
    written: int | None = None
    keywords: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        """Data object id and replica number."""
        return self.data_id, self.replica_number

    @property
    def is_writable(self) -> bool:
        return self.flags & os.O_ACCMODE != os.O_RDONLY


class Descriptors:
    """The open descriptors of one agent; the lowest free number is taken first."""

    def __init__(self) -> None:
        self._open: dict[int, Descriptor] = {}

    def add(self, descriptor: Descriptor) -> int:
        """The number the descriptor gets; raises IrodsError when none is free."""
        for number in range(FIRST, LIMIT):
            if number not in self._open:
                self._open[number] = descriptor
                return number
        raise IrodsError("SYS_OUT_OF_FILE_DESC")

    def get(self, number: int, error: str = "BAD_INPUT_DESC_INDEX") -> Descriptor:
        """The descriptor of that number; raises IrodsError when it is out of range or not open."""
        if not FIRST <= number < LIMIT:
            raise IrodsError("SYS_FILE_DESC_OUT_OF_RANGE")
        if number not in self._open:
            raise IrodsError(error)
        return self._open[number]

    def remove(self, number: int) -> None:
        """Frees a number."""
        del self._open[number]

    def numbers(self) -> list[int]:
        """The numbers in use."""
        return list(self._open)
