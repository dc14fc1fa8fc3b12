from __future__ import annotations

from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.recovery import left_in, put_back
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Description, Sender, SpoolEntry
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import ChangedElsewhereError, Version
from tests.objects import get, put

TIME = 1_234_567_890


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir(mode=0o700)
    return tmp_path / "spool"


def kept(spool: Path, zone: Zone, path: str, content: bytes = b"ours", **fields: object) -> SpoolEntry:
    sender = Sender(host="h", port=1247, zone=zone.identity.zone, user=zone.identity.user)
    patch = Patch(0, len(content), lambda offset, size: content[offset : offset + size])
    described = Description(path=path, size=len(content), sender=sender, modified_ns=TIME * 10**9)
    described = described.model_copy(update={key: value for key, value in fields.items() if key != "replace"})
    replace = bool(fields.get("replace", True))
    return Spool(spool).keep(described, Upload(path, [patch], len(content), replace=replace))


async def test_what_is_kept_is_put_back_with_its_time(
    entered: Zone, session: iRODSSession, home: str, spool: Path
) -> None:
    entry = kept(spool, entered, f"{home}/file")
    await put_back(entered, entry, overwrite=False, dry_run=True)
    assert not session.data_objects.exists(f"{home}/file")
    await put_back(entered, entry, overwrite=False, dry_run=False)
    assert get(session, f"{home}/file") == b"ours"
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == TIME
    with left_in(spool) as left:
        assert left == []


async def test_another_version_is_overwritten_only_when_it_shall(
    entered: Zone, session: iRODSSession, home: str, spool: Path
) -> None:
    entry = kept(spool, entered, f"{home}/file")
    put(session, f"{home}/file", b"theirs")
    with pytest.raises(ChangedElsewhereError):
        await put_back(entered, entry, overwrite=False, dry_run=False)
    await put_back(entered, entry, overwrite=True, dry_run=False)
    assert get(session, f"{home}/file") == b"ours"


async def test_parts_go_into_what_they_are_parts_of_only(
    entered: Zone, session: iRODSSession, home: str, spool: Path
) -> None:
    base = Version(size=8, earliest=0, latest=2**31 - 1)
    entry = kept(spool, entered, f"{home}/file", b"OURS", replace=False, base=base)
    with pytest.raises(FileNotFoundError):
        await put_back(entered, entry, overwrite=True, dry_run=False)
    put(session, f"{home}/file", b"content!, and more")
    with pytest.raises(ChangedElsewhereError):
        await put_back(entered, entry, overwrite=True, dry_run=False)
    put(session, f"{home}/file", b"content!")
    await put_back(entered, entry, overwrite=False, dry_run=False)
    assert get(session, f"{home}/file") == b"OURSent!"


async def test_what_is_of_another_user_stays(entered: Zone, session: iRODSSession, home: str, spool: Path) -> None:
    sender = Sender(host="h", port=1247, zone=entered.identity.zone, user="somebody")
    entry = kept(spool, entered, f"{home}/file", sender=sender)
    with pytest.raises(PermissionError, match=f"it is of somebody#{entered.identity.zone}, not of"):
        await put_back(entered, entry, overwrite=True, dry_run=False)
    assert entry.file.exists()


def test_where_no_spool_is_nothing_is_left_and_nothing_made(tmp_path: Path) -> None:
    with left_in(tmp_path / "none") as left:
        assert left == []
    assert not (tmp_path / "none").exists()
