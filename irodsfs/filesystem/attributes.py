"""What `stat` shows for a collection or data object."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from irodsfs.filesystem.inodes import Inode
from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.catalog_entries import Entry

USUAL_UMASK = 0o022


@dataclass(frozen=True)
class Owner:
    """Who owns everything on the mount locally, and the permission bits that nobody gets."""

    uid: int
    gid: int
    umask: int

    @classmethod
    def chosen(cls, uid: int | None, gid: int | None, umask: int | None) -> Owner:
        """Who was chosen, else the user of this process and the usual umask."""
        return cls(
            os.getuid() if uid is None else uid,
            os.getgid() if gid is None else gid,
            USUAL_UMASK if umask is None else umask,
        )


@dataclass(slots=True)
class Attributes:
    """What `stat` shows, as Linux names it, and for how many seconds that is valid."""

    st_ino: int
    st_mode: int
    st_nlink: int
    st_uid: int
    st_gid: int
    st_size: int
    st_mtime_ns: int
    st_atime_ns: int
    st_birthtime_ns: int
    timeout: float


@dataclass(frozen=True)
class Change:
    """What `setattr` is to change: what is None stays. Times in ns since 1970."""

    mode: int | None = None
    owner: bool = False
    """Whether user or group are to be changed."""
    size: int | None = None
    modified_ns: int | None = None
    accessed_ns: int | None = None


def permissions(entry: Entry, *, read_only: bool) -> int:
    """Permission bits for the effective access level of the mount's user, the same for owner, group and others."""
    bits = 0
    if entry.access >= READ_OBJECT:
        bits |= 0o555 if entry.is_collection else 0o444
    if entry.access >= MODIFY_OBJECT and not read_only:
        bits |= 0o222
    return bits


def mode_of(entry: Entry, owner: Owner, *, read_only: bool) -> int:
    """Permission bits as they are shown: those that were kept, else what the zone allows."""
    if entry.link_target is not None:
        return 0o777
    return permissions(entry, read_only=read_only) & ~owner.umask if entry.mode is None else entry.mode


def attributes_of(entry: Entry, inode: Inode, owner: Owner, *, read_only: bool, timeout: float) -> Attributes:
    """`stat` of an entry; what is open shows its local size and time. `timeout` in seconds."""
    size, modified_ns = entry.size, entry.modified_ns
    if entry.link_target is not None:
        size = len(entry.link_target.encode("utf-8", "surrogateescape"))
    if inode.contents is not None:
        size = inode.contents.size
        if inode.contents.modified_ns is not None:
            modified_ns = inode.contents.modified_ns
    inode.shown_size = size
    return Attributes(
        st_ino=inode.number,
        st_mode=file_type(entry) | mode_of(entry, owner, read_only=read_only),
        st_nlink=0 if inode.path is None else 1,
        st_uid=owner.uid,
        st_gid=owner.gid,
        st_size=size,
        st_mtime_ns=modified_ns,
        st_atime_ns=modified_ns if inode.accessed_ns is None else inode.accessed_ns,
        st_birthtime_ns=entry.created_ns,
        timeout=timeout,
    )


def file_type(entry: Entry) -> int:
    """What it is, as the bits of a mode that say so."""
    if entry.link_target is not None:
        return stat.S_IFLNK
    return stat.S_IFDIR if entry.is_collection else stat.S_IFREG
