"""What is put into a spool file is in it when it is read, also when there was no room for it in between."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import content_states, open_file, spool
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool, SpoolFile
from irodsfs.transfer.transfer_options import TransferOptions

BLOCK = 1000
LIMIT = 10 * BLOCK


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """Files of this process can't become longer than `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@given(pieces=st.lists(st.tuples(st.integers(0, LIMIT), st.binary(min_size=1, max_size=3 * BLOCK))))
def test_pieces_in_any_order_are_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, bytes]]
) -> None:
    file = SpoolFile(tmp_path_factory.getbasetemp())
    expected = bytearray()
    for offset, content in pieces:
        file.put(offset, content)
        expected.extend(bytes(max(0, offset - len(expected))))
        expected[offset : offset + len(content)] = content
    assert file.read(0, len(expected) + 1) == expected
    assert file.is_settled
    file.close()


def test_what_there_was_no_room_for_waits(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    for number in range(20):
        file.put(number * BLOCK, bytes([number]) * BLOCK)
    with no_room_beyond(LIMIT), pytest.raises(OSError, match="too large"):
        file.settle()
    assert not file.is_settled
    assert file.read(0, 20 * BLOCK) == b"".join(bytes([number]) * BLOCK for number in range(20))
    file.close()


async def was_written(subject: OpenFile, number: int) -> bool:
    try:
        await subject.write(number * BLOCK, bytes([number]) * BLOCK)
    except OSError as error:
        assert error.errno == errno.EFBIG  # noqa: PT017 - it must be this error, if any
        return False
    return True


async def test_a_write_without_room_fails_and_what_was_written_before_reaches_the_zone(
    session: iRODSSession, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_file, "SMALL", BLOCK)
    for module in (content_states, spool):
        monkeypatch.setattr(module, "AT_ONCE", 4 * BLOCK)
    written = 0
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, 2, background)
        subject = OpenFile.new(zone, Spool(tmp_path / "spool"), f"{home}/object", TransferOptions(), exclusive=True)
        with no_room_beyond(LIMIT):
            while written < 100 and await was_written(subject, written):
                written += 1
        assert LIMIT < subject.size == written * BLOCK < 100 * BLOCK
        await subject.flush()
        await subject.close()
        await zone.leave()
        background.cancel_scope.cancel()
    with session.data_objects.open(f"{home}/object", "r") as stream:
        assert stream.read() == b"".join(bytes([number]) * BLOCK for number in range(written))
