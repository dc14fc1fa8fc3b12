from __future__ import annotations

import os

import pytest
from irods.exception import OBJ_PATH_DOES_NOT_EXIST
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.zone import Zone
from irodsfs.transfer import writer
from irodsfs.transfer.writer import UNANSWERED, Writer
from tests.objects import get, put

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "CHUNK", 10)


@pytest.mark.parametrize("portion", [1, 3, 10, 25])
async def test_bytes_in_any_portions_are_there_when_it_is_closed(
    entered: Zone, session: iRODSSession, home: str, portion: int
) -> None:
    content = os.urandom(10 * (UNANSWERED + 3) + 7)
    subject = Writer(entered, f"{home}/file", NEW)
    await subject.open()
    for start in range(0, len(content), portion):
        await subject.write(content[start : start + portion])
    await subject.close()
    assert get(session, f"{home}/file") == content


async def test_writing_starts_at_its_offset_and_answers_what_was_asked(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    asked = [requests.object_stat(home)]
    subject = Writer(entered, f"{home}/file", os.O_WRONLY, offset=3, after_opening=asked)
    await subject.open()
    assert not subject.opened[-1].failed
    await subject.write(b"TENT!")
    await subject.close()
    assert get(session, f"{home}/file") == b"conTENT!"


async def test_what_can_not_be_opened_takes_no_connection(entered: Zone, home: str) -> None:
    for _ in range(2 * entered.pool.size):
        with pytest.raises(OBJ_PATH_DOES_NOT_EXIST):
            await Writer(entered, f"{home}/missing", os.O_WRONLY).open()
    with pytest.raises(ZoneUnreachable):
        await Writer(entered, f"{home}/missing", os.O_WRONLY).send(b"x")


async def test_what_is_aborted_is_no_good_version(entered: Zone, session: iRODSSession, home: str) -> None:
    subject = Writer(entered, f"{home}/file", NEW)
    await subject.open()
    await subject.write(b"0123456789")
    await subject.abort()
    assert session.data_objects.get(f"{home}/file").replicas[0].status != "1"
    async with entered.pool.connection() as connection:
        assert not connection.open_descriptors
