from __future__ import annotations

from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.checksums import ChecksumMismatchError, ChecksumRefusedError, HashPolicy
from irodsfs.transfer.content_states import InMemory
from irodsfs.transfer.loading import load_large, load_small
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.versions import digest
from tests.objects import put

PLAIN, VERIFYING = TransferOptions(), TransferOptions(verify=HashPolicy())


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


async def test_a_small_object_comes_whole(entered: Zone, session: iRODSSession, home: str, spool: Spool) -> None:
    put(session, f"{home}/file", b"content")
    loaded = await load_small(entered, spool, f"{home}/file", PLAIN, None, stat=True, size=7)
    assert loaded is not None
    assert isinstance(loaded.held, InMemory)
    assert (bytes(loaded.held.content), loaded.size, loaded.version) == (b"content", 7, digest(b"content"))
    assert loaded.base is not None
    assert loaded.base.size == 7
    await loaded.held.close()


async def test_what_has_flown_before_is_not_asked_for(
    entered: Zone, home: str, spool: Spool, session: iRODSSession
) -> None:
    put(session, f"{home}/file", b"content")
    replies = await entered.fly(*flights.reading(f"{home}/file", 100, stat=False))
    session.data_objects.unlink(f"{home}/file", force=True)
    loaded = await load_small(entered, spool, f"{home}/file", PLAIN, replies, stat=False, size=7)
    assert loaded is not None
    assert (loaded.size, loaded.base) == (7, None)
    await loaded.held.close()


async def test_a_large_object_is_opened(
    entered: Zone, session: iRODSSession, home: str, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "SMALL", 5)
    put(session, f"{home}/file", b"content")
    assert await load_small(entered, spool, f"{home}/file", PLAIN, None, stat=False, size=7) is None
    loaded = await load_large(entered, f"{home}/file", PLAIN)
    assert (loaded.size, loaded.version) == (7, None)
    await loaded.held.close()
    session.data_objects.chksum(f"{home}/file")
    loaded = await load_large(entered, f"{home}/file", PLAIN)
    assert loaded.version is not None
    await loaded.held.close()


@pytest.mark.embedded_zone
async def test_other_bytes_than_the_registered_ones_are_an_error(
    entered: Zone, session: iRODSSession, home: str, spool: Spool
) -> None:
    put(session, f"{home}/file", b"content")
    session.data_objects.chksum(f"{home}/file")
    strict = TransferOptions(verify=HashPolicy("md5", strict=True))
    with pytest.raises(ChecksumRefusedError):
        await load_small(entered, spool, f"{home}/file", strict, None, stat=False, size=7)
    await trio.Path(session.data_objects.get(f"{home}/file").replicas[0].path).write_bytes(b"CONTENT")
    with pytest.raises(ChecksumMismatchError):
        await load_small(entered, spool, f"{home}/file", VERIFYING, None, stat=False, size=7)
