"""What the kernel keeps by itself: names, and how far it reads ahead of programs.

Linux asks a FUSE file system for at most 128 KiB at a time unless `read_ahead_kb` of the mount's backing device
(`/sys/class/bdi/MAJOR:MINOR/`) is larger; 4,096 make it ask for 1 MiB, the largest there is, several at a time. Only
root may change it; for other users' mounts `echo 4096 > .../read_ahead_kb` as root does the same.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import pyfuse3

logger = logging.getLogger(__name__)

READ_AHEAD_KIB = 4096


def read_ahead(mountpoint: Path) -> None:
    """Let the kernel read far ahead in what is mounted here, where this process may decide that."""
    device = mountpoint.stat().st_dev
    file = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    try:
        file.write_text(str(READ_AHEAD_KIB))
    except OSError as error:
        logger.info("%s stays as it is (%s): the kernel reads in small steps", file, error.strerror)


class KernelCache:
    """The kernel behind pyfuse3, as `filesystem.kernel.Kernel` describes it."""

    def forget_name(self, parent: int, name: bytes) -> None:
        pyfuse3.invalidate_entry_async(pyfuse3.InodeT(parent), name, ignore_enoent=True)

    def forget_attributes(self, number: int) -> None:
        try:
            pyfuse3.invalidate_inode(pyfuse3.InodeT(number), attr_only=True)
        except FileNotFoundError:
            logger.debug("the kernel has forgotten inode %d by itself", number)

    def forget_inodes(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            try:
                pyfuse3.invalidate_inode(pyfuse3.InodeT(number))
            except OSError as error:
                logger.debug("inode %d: %s", number, error.strerror)
