"""Who has which replica open for writing: the tokens that let several agents write one replica."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

Key = tuple[int, int]


@dataclass
class Writers:
    """The writers of one replica and the token they share."""

    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    count: int = 0


class ReplicaAccess:
    """The table of replicas open for writing, by data object id and replica number; agents share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writers: dict[Key, Writers] = {}

    def add(self, key: Key) -> str:
        """Counts one more writer and answers the replica's token."""
        with self._lock:
            writers = self._writers.setdefault(key, Writers())
            writers.count += 1
            return writers.token

    def allows(self, key: Key, token: str) -> bool:
        """Whether a token is that of the replica's present writers."""
        with self._lock:
            writers = self._writers.get(key)
            return writers is not None and writers.token == token

    def remove(self, key: Key) -> None:
        """Counts one writer less; the token ends with the last one."""
        with self._lock:
            writers = self._writers[key]
            writers.count -= 1
            if writers.count == 0:
                del self._writers[key]
