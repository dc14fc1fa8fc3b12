"""What goes into the zone while it is written is there in the end, however its task ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.writer import Writer
from tests.objects import get

MEGABYTE = 1 << 20
CONTENT = os.urandom(24 * MEGABYTE)


def write(session: iRODSSession, path: str, spool: Path, before_flush: Callable[[trio.Nursery], None]) -> None:
    """Write in order, so that a stream begins; then something happens, and everything is flushed."""

    async def main() -> None:
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, 2, background)
            contents = OpenFile.new(zone, Spool(spool), path, TransferOptions())
            for offset in range(0, len(CONTENT), MEGABYTE):
                await contents.write(offset, CONTENT[offset : offset + MEGABYTE])
            before_flush(background)
            with trio.CancelScope(shield=True):
                await contents.flush()
                assert not contents.is_dirty
                await contents.close()
                await zone.leave()
            background.cancel_scope.cancel()

    trio.run(main)


def test_a_stream_that_is_cancelled_is_no_success(session: iRODSSession, home: str, tmp_path: Path) -> None:
    write(session, f"{home}/file", tmp_path / "spool", lambda background: background.cancel_scope.cancel())
    assert get(session, f"{home}/file") == CONTENT


@pytest.mark.parametrize("method", ["send", "close"])
def test_a_stream_that_ends_by_a_mistake_of_ours_is_no_success(
    session: iRODSSession, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def fail(*_: object) -> None:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a mistake of ours")

    monkeypatch.setattr(Writer, method, fail)
    write(session, f"{home}/file", tmp_path / "spool", lambda _: None)
    assert get(session, f"{home}/file") == CONTENT
