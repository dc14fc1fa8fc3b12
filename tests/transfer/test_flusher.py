from __future__ import annotations

from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.versions import ChangedElsewhereError
from tests.objects import get, put


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


async def existing(zone: Zone, spool: Spool, path: str) -> OpenFile:
    contents = OpenFile(zone, spool, path, 0, TransferOptions())
    await contents.refresh(writes=True)
    return contents


async def test_what_was_to_be_made_exclusively_is_refused(
    entered: Zone, session: iRODSSession, home: str, spool: Spool
) -> None:
    contents = OpenFile.new(entered, spool, f"{home}/file", TransferOptions(), exclusive=True)
    put(session, f"{home}/file", b"theirs")
    with pytest.raises(FileExistsError):
        await contents.flush()
    assert get(session, f"{home}/file") == b"theirs"
    await contents.close()


async def test_what_was_emptied_replaces_what_others_have_made(
    entered: Zone, session: iRODSSession, home: str, spool: Spool
) -> None:
    contents = OpenFile.new(entered, spool, f"{home}/file", TransferOptions(), emptied=True)
    await contents.write(0, b"ours")
    put(session, f"{home}/file", b"theirs")
    number = session.data_objects.get(f"{home}/file").id
    await contents.flush()
    assert get(session, f"{home}/file") == b"ours"
    assert session.data_objects.get(f"{home}/file").id == number
    await contents.close()


@pytest.mark.parametrize("meanwhile", [b"one,two,", None])
async def test_what_was_appended_follows_what_is_there(
    entered: Zone, session: iRODSSession, home: str, spool: Spool, meanwhile: bytes | None
) -> None:
    put(session, f"{home}/file", b"one,")
    contents = await existing(entered, spool, f"{home}/file")
    await contents.write(4, b"ours", appends=True)
    if meanwhile is None:
        session.data_objects.unlink(f"{home}/file", force=True)
    else:
        put(session, f"{home}/file", meanwhile)
    await contents.flush()
    assert get(session, f"{home}/file") == (meanwhile or b"") + b"ours"
    await contents.close()


@pytest.mark.parametrize("meanwhile", [b"theirs, and longer", None])
async def test_what_was_made_for_a_version_that_is_gone_is_refused(
    entered: Zone, session: iRODSSession, home: str, spool: Spool, meanwhile: bytes | None
) -> None:
    put(session, f"{home}/file", b"content")
    contents = await existing(entered, spool, f"{home}/file")
    await contents.write(2, b"ours")
    if meanwhile is None:
        session.data_objects.unlink(f"{home}/file", force=True)
    else:
        put(session, f"{home}/file", meanwhile)
    with pytest.raises(ChangedElsewhereError):
        await contents.flush()
    assert session.data_objects.exists(f"{home}/file") is (meanwhile is not None)
    assert meanwhile is None or get(session, f"{home}/file") == meanwhile
    await contents.close()


async def test_what_is_still_what_it_was_is_changed_in_place(
    entered: Zone, session: iRODSSession, home: str, spool: Spool
) -> None:
    put(session, f"{home}/file", b"content")
    contents = await existing(entered, spool, f"{home}/file")
    await contents.write(3, b"TE")
    brought = await contents.flush()
    assert brought is not None
    assert (brought.size, brought.is_other, brought.met) == (7, False, False)
    assert get(session, f"{home}/file") == b"conTEnt"
    await contents.write(0, b"C")
    await contents.flush()
    assert get(session, f"{home}/file") == b"ConTEnt"
    await contents.close()
