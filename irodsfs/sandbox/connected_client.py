"""What a zone tells of each client that is connected to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.catalog.accounts import User
from irodsfs.sandbox.protocol.wire import Struct

NOBODY = User(0, "", "", "")


@dataclass(eq=False)
class ConnectedClient:
    """Who is connected from where, since when (seconds), and how; before the login the users are nobody."""

    address: str
    process_id: int = field(default_factory=threading.get_native_id)
    started: float = field(default_factory=clock.seconds)
    startup: Struct = field(default_factory=lambda: Struct("StartupPack_PI"))
    negotiated: str = "CS_NEG_USE_TCP"
    user: User = NOBODY
    proxy: User = NOBODY
    ticket: str | None = None

    @property
    def is_authenticated(self) -> bool:
        return self.user.id != 0
