"""What the kernel keeps by itself: names, and how far it reads ahead of programs.

Linux asks a FUSE file system for at most 128 KiB at a time unless `read_ahead_kb` of the mount's backing device
(`/sys/class/bdi/MAJOR:MINOR/`) is larger; 4,096 make it ask for 1 MiB, the largest there is, several at a time. Only
root may change it; for other users' mounts `echo 4096 > .../read_ahead_kb` as root does the same.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import pyfuse3

logger = logging.getLogger(__name__)

READ_AHEAD_KIB = 4096

LONGEST_JOIN = 1.0
"""Seconds for which the end of a mount waits for the kernel to forget a name."""


def read_ahead(mountpoint: Path) -> None:
    """Let the kernel read far ahead in what is mounted here, where this process may decide that."""
    device = mountpoint.stat().st_dev
    file = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    try:
        file.write_text(str(READ_AHEAD_KIB))
    except OSError as error:
        logger.info("%s stays as it is (%s): the kernel reads in small steps", file, error.strerror)


class KernelCache:
    """The kernel behind pyfuse3, as `filesystem.kernel.Kernel` describes it.

    What it has not kept, or can't be told as nothing is mounted yet or any more, is no trouble: it will ask by itself.
    """

    def __init__(self) -> None:
        self._names: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        self._is_closed = False
        # pyfuse3 has a thread for this as well; it goes on when the mount is closed, and logs that as an error.
        self._forgetting = threading.Thread(target=self._forget_names, name="forget names", daemon=True)
        self._forgetting.start()

    def close(self) -> None:
        """Tell the kernel nothing any more: to be called before the connection to it is closed."""
        self._names.put(None)
        # It may wait in the kernel for the answer to a request, and at the end each has got one.
        self._forgetting.join(LONGEST_JOIN)
        self._is_closed = True

    def forget_name(self, parent: int, name: bytes) -> None:
        self._names.put((parent, name))

    def forget_attributes(self, number: int) -> None:
        self._tell(partial(pyfuse3.invalidate_inode, pyfuse3.InodeT(number), attr_only=True), f"inode {number}")

    def forget_inodes(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._tell(partial(pyfuse3.invalidate_inode, pyfuse3.InodeT(number)), f"inode {number}")

    def _forget_names(self) -> None:
        while (forgotten := self._names.get()) is not None:
            parent, name = forgotten
            self._tell(partial(pyfuse3.invalidate_entry, pyfuse3.InodeT(parent), name), f"{name!r} in {parent}")

    def _tell(self, forget: Callable[[], None], what: str) -> None:
        if self._is_closed:
            return
        try:
            forget()
        except OSError as error:
            logger.debug("the kernel was not told to forget %s: %s", what, error.strerror)
