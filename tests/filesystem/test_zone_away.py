"""A file while its zone is away, with a clock on which the pauses between attempts are short."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from irods.session import iRODSSession
from trio.testing import MockClock

from irodsfs.filesystem.errnos import FAILURES, errno_of
from irodsfs.filesystem.file_system import FileSystem
from irodsfs.transfer.spool import Spool
from tests.filesystem.program import Program, read_file, served, write_file
from tests.objects import get
from tests.proxy import Proxy
from tests.zones import AnyZone

NETWORK = {errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ECONNREFUSED}


@pytest.fixture
def clock() -> MockClock:
    """Runs fast: nothing here waits for a zone that says nothing, whose time limits it makes shorter, too."""
    return MockClock(rate=20)


@pytest.fixture
async def file_system(
    clock: MockClock, zone_server: AnyZone, proxy: Proxy, home: str, tmp_path: Path
) -> AsyncIterator[FileSystem]:
    with zone_server.behind(proxy.port).session() as session:
        async with served(session, home, tmp_path, timeout=1200) as file_system:
            yield file_system


@pytest.mark.parametrize("size", [7, 9 << 20])
async def test_bytes_that_the_zone_never_took_fail_at_close_and_are_kept(
    clock: MockClock,
    file_system: FileSystem,
    proxy: Proxy,
    home: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    size: int,
) -> None:
    program, content = Program(file_system), os.urandom(size)
    file = await program.open("file", os.O_CREAT | os.O_WRONLY)
    await program.write(file, content)
    proxy.refuse()
    with pytest.raises(FAILURES) as failed:
        await program.close(file)
    assert errno_of(failed.value) in NETWORK
    (kept,) = Spool(tmp_path / "spool").failed()
    assert kept.read(0, size + 1) == content
    (told,) = (record.getMessage() for record in caplog.records if "could not be written" in record.getMessage())
    assert f"{home}/file" in told
    assert str(kept.file) in told
    proxy.accept_again()
    await write_file(program, "file", content)
    assert await read_file(program, "file") == content


async def test_fsync_fails_while_the_zone_is_away_and_succeeds_when_it_is_back(
    clock: MockClock, file_system: FileSystem, proxy: Proxy, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    program = Program(file_system)
    file = await program.open("file", os.O_CREAT | os.O_WRONLY)
    await program.write(file, b"content")
    proxy.refuse()
    with pytest.raises(FAILURES) as failed:
        await program.fsync(file)
    assert errno_of(failed.value) in NETWORK
    proxy.accept_again()
    await program.fsync(file)
    assert get(session, f"{home}/file") == b"content"
    await program.close(file)
    assert Spool(tmp_path / "spool").failed() == []
