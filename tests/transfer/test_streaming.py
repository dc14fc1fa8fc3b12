from __future__ import annotations

from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import open_file, streaming, write_stream
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from tests.objects import get, put
from tests.proxy import Proxy

WRITE, CHUNK, SMALL = 676, 64, 96
CONTENT = bytes(range(250)) * 8


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    from irodsfs.transfer import content_states, flights, readahead, upload, versions

    for module in (open_file, content_states, flights, upload, versions):
        monkeypatch.setattr(module, "SMALL", SMALL)
    for module in (streaming, write_stream, flights, content_states, readahead):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    monkeypatch.setattr(streaming, "STREAM_FROM", 2 * CHUNK)
    monkeypatch.setattr(write_stream, "AHEAD", 4 * CHUNK)


async def written(contents: OpenFile, content: bytes = CONTENT) -> None:
    for start in range(0, len(content), 50):
        await contents.write(start, content[start : start + 50])


async def test_what_is_written_in_order_goes_into_the_zone_before_the_flush(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    contents = OpenFile.new(entered_through, Spool(tmp_path / "spool"), f"{home}/file", TransferOptions())
    await written(contents)
    await trio.to_thread.run_sync(proxy.await_requests, WRITE, 1, 60)
    await contents.write(10, b"changed behind it")
    await contents.flush()
    assert get(session, f"{home}/file") == CONTENT[:10] + b"changed behind it" + CONTENT[27:]
    await contents.close()


async def test_a_stream_that_breaks_costs_nothing_but_time(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    contents = OpenFile.new(entered_through, Spool(tmp_path / "spool"), f"{home}/file", TransferOptions())
    proxy.cut_at(WRITE)
    await written(contents)
    await contents.flush()
    assert get(session, f"{home}/file") == CONTENT
    await contents.close()


async def test_what_others_have_changed_is_not_streamed_over(
    entered: Zone, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    put(session, f"{home}/file", bytes(5 * SMALL))
    contents = OpenFile(entered, Spool(tmp_path / "spool"), f"{home}/file", 5 * SMALL, TransferOptions())
    await contents.refresh(writes=True)
    put(session, f"{home}/file", b"theirs" * SMALL)
    await written(contents)
    with pytest.raises(OSError, match="changed elsewhere"):
        await contents.flush()
    assert get(session, f"{home}/file") == b"theirs" * SMALL
    await contents.close()
