from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from irodsfs.control.http_errors import ControlError
from irodsfs.control.upload_spool import BATCH, UploadSpool
from irodsfs.transfer.spool import SpoolFile


async def source(size: int) -> AsyncIterator[bytes]:
    while size:
        piece = min(size, BATCH // 2)
        size -= piece
        yield bytes(piece)


async def test_what_has_come_is_counted_until_it_is_gone(tmp_path: Path) -> None:
    spool = UploadSpool(tmp_path, 2 * BATCH)
    for _ in range(3):
        with spool.collecting() as one, spool.collecting() as other:
            await one.fill(source(BATCH + 1))
            await other.fill(source(BATCH - 1))
            assert (one.size, other.size) == (BATCH + 1, BATCH - 1)


async def test_one_upload_has_its_limit(tmp_path: Path) -> None:
    spool = UploadSpool(tmp_path, 2 * BATCH)
    with pytest.raises(ControlError) as refused, spool.collecting() as one:
        await one.fill(source(2 * BATCH + 1))
    assert refused.value.status == 413
    with spool.collecting() as one:
        await one.fill(source(2 * BATCH))


async def test_all_together_have_a_limit(tmp_path: Path) -> None:
    spool = UploadSpool(tmp_path, 2 * BATCH)
    with spool.collecting() as one:
        await one.fill(source(BATCH + 1))
        with pytest.raises(ControlError) as refused, spool.collecting() as other:
            await other.fill(source(BATCH))
        assert (refused.value.status, refused.value.document.error) == (507, "NO_ROOM")
    with spool.collecting() as other:
        await other.fill(source(2 * BATCH))


async def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(SpoolFile, "write", full)
    with pytest.raises(ControlError) as refused, UploadSpool(tmp_path).collecting() as one:
        await one.fill(source(1))
    assert refused.value.status == 507
