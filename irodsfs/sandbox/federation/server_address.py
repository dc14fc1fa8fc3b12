"""Where a server is."""

from __future__ import annotations

from dataclasses import dataclass

from irodsfs.sandbox.protocol.error_numbers import IrodsError

PORT = 1247


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Address:
        """``host:port`` or ``host``, as a zone is registered; raises IrodsError."""
        host, _, port = text.partition(":")
        if port and not port.isdecimal():
            raise IrodsError("SYS_INVALID_SERVER_HOST")
        return cls(host, int(port or PORT))
