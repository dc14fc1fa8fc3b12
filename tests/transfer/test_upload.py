from __future__ import annotations

import pytest
from irods.exception import CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, HIERARCHY_ERROR, iRODSException
from irods.session import iRODSSession

from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.error_kinds import is_taken
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.upload import Upload, is_locked_for_a_moment, upload
from irodsfs.transfer.versions import BeingWrittenError
from tests.objects import get, put
from tests.proxy import Proxy

CLOSE, OPEN = 673, 602


def whole(path: str, content: bytes, **options: bool) -> Upload:
    patch = Patch(0, len(content), lambda offset, size: content[offset : offset + size])
    return Upload(path, [patch], len(content), **options)  # type: ignore[arg-type]


async def test_an_object_is_made_and_dated(entered: Zone, session: iRODSSession, home: str) -> None:
    task = whole(f"{home}/file", b"content", create=True)
    task.touch = 1_234_567_890
    assert await upload(entered, task) is None
    assert get(session, f"{home}/file") == b"content"
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == 1_234_567_890


async def test_a_checksum_that_was_to_be_registered_is_told(entered: Zone, session: iRODSSession, home: str) -> None:
    task = whole(f"{home}/file", b"content", create=True)
    task.checksum = ""
    told = await upload(entered, task)
    assert told
    assert [each.checksum for each in await read_replicas(entered, f"{home}/file")] == [told]


async def test_what_somebody_else_has_made_is_not_overwritten(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"theirs")
    with pytest.raises(iRODSException) as failed:
        await upload(entered, whole(f"{home}/file", b"ours", create=True))
    assert is_taken(failed.value)
    assert get(session, f"{home}/file") == b"theirs"


async def test_an_object_is_replaced_or_changed_in_parts(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"a longer content")
    await upload(entered, whole(f"{home}/file", b"content", replace=True))
    assert get(session, f"{home}/file") == b"content"
    patch = Patch(5, 8, lambda offset, size: b"ENT"[offset - 5 : offset - 5 + size])
    await upload(entered, Upload(f"{home}/file", [patch], 8, cut=3))
    assert get(session, f"{home}/file") == b"con\0\0ENT"


def test_what_a_stream_has_brought_needs_no_request() -> None:
    assert not Upload("/z/file", [], 7).has_requests
    assert not Upload("/z/file", [], 7, touch=5).changes_bytes
    assert Upload("/z/file", [], 7, touch=5).has_requests


@pytest.mark.parametrize("api", [OPEN, CLOSE])
@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_object_is_made_once_when_the_line_breaks(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str, api: int, carried_out: bool
) -> None:
    (proxy.lose_next_reply if carried_out else proxy.cut_at)(api)
    await upload(entered_through, whole(f"{home}/file", b"content", create=True))
    assert get(session, f"{home}/file") == b"content"
    assert len(await read_replicas(entered_through, f"{home}/file")) == 1


async def test_after_the_line_broke_what_is_there_with_other_bytes_is_somebody_elses(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    task = whole(f"{home}/file", b"content", create=True)
    task.doubtful = True
    put(session, f"{home}/file", b"theirs!")
    with pytest.raises(iRODSException) as failed:
        await upload(entered_through, task)
    assert is_taken(failed.value)
    assert get(session, f"{home}/file") == b"theirs!"


def test_locks_pass() -> None:
    assert is_locked_for_a_moment(HIERARCHY_ERROR("locked"))
    assert is_locked_for_a_moment(BeingWrittenError())
    assert not is_locked_for_a_moment(CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME("taken"))
    assert not is_locked_for_a_moment(ZoneUnreachable("gone"))
