"""What a process of irodsfs asks of the kernel for itself."""

from __future__ import annotations

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Leave no core dumps, and let no other process of this user read the memory: passwords are in it.

    A limit alone doesn't keep the memory from a program that the kernel pipes core dumps to.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "prctl")


def use_all_descriptors() -> None:
    """Raise the soft limit of open files to the hard one.

    Each open large file may need two, a connection and a file in the spool. The soft limit is 1,024 on most machines
    for the sake of programs that use select(), which nothing here does.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
