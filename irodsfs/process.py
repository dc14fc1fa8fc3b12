"""What a process of irodsfs asks of the kernel for itself."""

from __future__ import annotations

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

_LARGE_BLOCK = 256 * 1024
"""Bytes from which on a block is a mapping of its own, which is gone as soon as it is freed."""


def keep_memory_private() -> None:
    """Leave no core dumps, and let no other process of this user read the memory: passwords are in it.

    A limit alone doesn't keep the memory from a program that the kernel pipes core dumps to.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "prctl")


def give_memory_back() -> None:
    """Let glibc return what is freed to the kernel, where it is glibc that this process runs with.

    By itself it keeps large blocks once some were freed, in an arena for each of up to 8 threads a processor, and
    cuts small ones out of them: a mount that has moved some files of 4 MiB never becomes small again, and slowly grows.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)  # Python's own lock keeps threads from allocating at the same time anyway
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 * _LARGE_BLOCK)


def use_all_descriptors() -> None:
    """Raise the soft limit of open files to the hard one.

    Each open large file may need two, a connection and a file in the spool. The soft limit is 1,024 on most machines
    for the sake of programs that use select(), which nothing here does.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
