from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer.content_states import ByRanges, InMemory, Spooled, digests, unsaved, whole_of
from irodsfs.transfer.loading import load_large
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.spool import Spool, SpoolFile
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import digest
from tests.objects import put


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SpoolFile]:
    file = Spool(tmp_path / "spool").open()
    yield file
    file.close()


def content_of(due: Upload) -> dict[int, bytes]:
    return {patch.start: b"".join(patch.chunks()) for patch in due.patches}


async def test_memory_is_cut_and_extended_with_zeros() -> None:
    held = InMemory(bytearray(b"content"))
    held.resize(3)
    held.resize(5)
    assert held.read(1, 100) == b"on\0\0"
    assert b"".join(whole_of(held, 5) or []) == b"con\0\0"
    assert await digests(held, 5) == {digest(b"con\0\0")}
    await held.close()


async def test_a_spool_file_is_whole_when_nothing_is_missing(file: SpoolFile) -> None:
    held = Spooled(file, None)
    await held.put(0, b"con")
    assert whole_of(held, 7) is None
    assert await digests(held, 7) == set()
    await held.put(3, b"tent")
    await held.settle()
    assert b"".join(whole_of(held, 7) or []) == b"content"
    assert await digests(held, 7) == {digest(b"content")}


async def test_what_is_not_here_is_brought_once(
    entered: Zone, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    put(session, f"{home}/file", b"0123456789")
    loaded = await load_large(entered, f"{home}/file", TransferOptions())
    assert isinstance(loaded.held, ByRanges)
    held = Spooled(Spool(tmp_path / "spool").open(), loaded.held.readers)
    await held.put(2, b"XX")
    assert await held.read(1, 5) == b"1XX45"
    put(session, f"{home}/file", b"----------")
    assert await held.read(1, 5) == b"1XX45"
    await held.close()


async def test_what_the_zone_did_not_take_is_kept_whole_or_in_parts(file: SpoolFile) -> None:
    pending = Pending()
    pending.write(0, 7, appends=False)
    due = unsaved(InMemory(bytearray(b"content")), "/z/file", 7, pending, in_zone=0)
    assert (content_of(due), due.replace, due.size) == ({0: b"content"}, True, 7)
    held = Spooled(file, None)
    await held.put(4, b"ent")
    await held.settle()
    pending = Pending()
    pending.resize(5, 10)
    pending.write(4, 7, appends=False)
    due = unsaved(held, "/z/file", 7, pending, in_zone=10)
    assert (content_of(due), due.replace, due.cut) == ({4: b"ent"}, False, 5)
