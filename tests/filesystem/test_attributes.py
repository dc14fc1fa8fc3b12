from __future__ import annotations

import os
import stat
from dataclasses import replace

import pytest

from irodsfs.filesystem.attributes import Owner, attributes_of, mode_of, permissions
from irodsfs.filesystem.inodes import Inode
from irodsfs.grid.access_levels import MODIFY_OBJECT, OWN, READ_OBJECT
from irodsfs.grid.catalog_entries import made_now

OWNER = Owner(1000, 1001, 0o022)
FILE, DIRECTORY = made_now("/z/file", is_collection=False), made_now("/z/dir", is_collection=True)


@pytest.mark.parametrize(
    ("access", "file", "directory"),
    [(0, 0, 0), (READ_OBJECT, 0o444, 0o555), (MODIFY_OBJECT, 0o666, 0o777), (OWN, 0o666, 0o777)],
)
def test_bits_show_what_the_zone_allows(access: int, file: int, directory: int) -> None:
    assert permissions(replace(FILE, access=access), read_only=False) == file
    assert permissions(replace(DIRECTORY, access=access), read_only=False) == directory
    assert permissions(replace(FILE, access=access), read_only=True) == file & 0o555


def test_kept_bits_and_links_are_shown_as_they_are() -> None:
    assert mode_of(FILE, OWNER, read_only=False) == 0o644
    assert mode_of(replace(FILE, mode=0o4701), OWNER, read_only=False) == 0o4701
    assert mode_of(replace(FILE, mode=0o600, link_target="x"), OWNER, read_only=False) == 0o777


def test_attributes_are_those_of_the_entry_and_of_the_owner() -> None:
    inode = Inode(7, "/z/file")
    found = attributes_of(replace(FILE, size=9), inode, OWNER, read_only=False, timeout=3)
    assert (found.st_ino, found.st_uid, found.st_gid, found.st_size, found.timeout) == (7, 1000, 1001, 9, 3)
    assert (stat.S_IFMT(found.st_mode), found.st_nlink, inode.shown_size) == (stat.S_IFREG, 1, 9)
    assert found.st_mtime_ns == found.st_atime_ns == FILE.modified_ns
    inode.path, inode.accessed_ns = None, 5
    unlinked = attributes_of(FILE, inode, OWNER, read_only=False, timeout=3)
    assert (unlinked.st_nlink, unlinked.st_atime_ns) == (0, 5)
    link = attributes_of(replace(FILE, link_target="ü"), inode, OWNER, read_only=False, timeout=3)
    assert (stat.S_IFMT(link.st_mode), link.st_size) == (stat.S_IFLNK, 2)


def test_the_owner_is_who_was_chosen_else_oneself() -> None:
    assert Owner.chosen(None, None, None) == Owner(os.getuid(), os.getgid(), 0o022)
    assert Owner.chosen(0, 5, 0) == Owner(0, 5, 0)
