from __future__ import annotations

import errno
import os
import stat

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.attributes import Owner
from irodsfs.filesystem.inode_attributes import InodeAttributes
from irodsfs.filesystem.parts import Parts
from irodsfs.grid.catalog_entries import made_now
from tests.filesystem.program import Program
from tests.mounts import fails
from tests.objects import put


@pytest.fixture
def attributes(parts: Parts) -> InodeAttributes:
    return InodeAttributes(parts.caches.catalog, parts.caches.inodes, Owner(1, 2, 0o022), read_only=False)


async def test_an_inode_has_the_entry_of_its_path(
    attributes: InodeAttributes, parts: Parts, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    node = parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG)
    entry = await attributes.entry(node)
    told = attributes.named(entry, node)
    assert (told.st_size, told.st_uid, told.st_ino, node.kind) == (7, 1, node.number, stat.S_IFREG)
    with pytest.raises(FileNotFoundError):
        await attributes.entry(parts.caches.inodes.looked_up(f"{home}/missing", stat.S_IFREG))


async def test_what_is_of_another_kind_is_to_be_looked_up_again(
    attributes: InodeAttributes, parts: Parts, home: str
) -> None:
    node = parts.caches.inodes.looked_up(f"{home}/a", stat.S_IFREG)
    attributes.named(made_now(f"{home}/a", is_collection=False), node)
    with fails(errno.ESTALE):
        attributes.of(made_now(f"{home}/a", is_collection=True), node)
    again = attributes.looked_up(f"{home}/a", made_now(f"{home}/a", is_collection=True))
    assert again.st_ino != node.number


async def test_only_other_bits_than_are_shown_anyway_are_kept(attributes: InodeAttributes, home: str) -> None:
    assert attributes.mode_to_keep(f"{home}/a", 0o100644, is_collection=False) is None
    assert attributes.mode_to_keep(f"{home}/a", 0o100600, is_collection=False) == 0o600
    assert attributes.is_executable(made_now(f"{home}/a", is_collection=True))
    assert not attributes.is_executable(made_now(f"{home}/a", is_collection=False))


async def test_what_is_open_stays_what_it_was_when_others_take_its_name(
    program: Program, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    file = await program.open("file", os.O_RDONLY)
    session.data_objects.unlink(f"{home}/file", force=True)
    assert await program.read(file, 0, 100) == b"content"
    await program.close(file)
