"""The control socket before anybody uses it: it costs nothing but its file."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from irodsfs.config import MountConfig
from irodsfs.control.changes import Changes

logger = logging.getLogger(__name__)

BACKLOG = 64


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A socket at `path` that only its owner may connect to; what a killed process left there is replaced."""
    path.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            # Restricted before it is bound, so that there is no moment at which others could connect.
            os.fchmod(listener.fileno(), 0o600)
            # Through the descriptor, as addresses of sockets are short and names of directories may be long.
            listener.bind(f"/proc/self/fd/{directory}/{path.name}")
            listener.listen(BACKLOG)
            yield listener
        finally:
            os.close(directory)
            path.unlink(missing_ok=True)


async def serve_when_wanted(listener: socket.socket, config: MountConfig, changes: Changes) -> None:
    """Wait for the first client, then serve until cancelled. Whatever fails here, the mount goes on."""
    mounted_at = time.monotonic()
    await trio.lowlevel.wait_readable(listener)
    try:
        # A second's work for the processor, that most mounts never need and none should wait for.
        mounted = await trio.to_thread.run_sync(importlib.import_module, "irodsfs.control.mounted")
        gc.freeze()  # all that stays for as long as the mount, so nobody needs to look through it for garbage
        await mounted.serve(listener, config, changes, mounted_at)
    except Exception:
        logger.exception("the control socket has failed; the mount goes on without it")
