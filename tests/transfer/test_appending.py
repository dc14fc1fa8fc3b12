from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer.appending import Append, append
from irodsfs.transfer.flights import Patch
from tests.objects import get, put
from tests.proxy import Proxy

OPEN, SEEK, WRITE, CLOSE = 602, 674, 676, 673


def of(path: str, content: bytes, end: int) -> Append:
    return Append(path, Patch(0, len(content), lambda offset, size: content[offset : offset + size]), end)


async def test_bytes_follow_whatever_is_there_by_now(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/log", b"one,two,")
    task = of(f"{home}/log", b"three,", end=4)
    assert await append(entered, task) == 8
    assert get(session, f"{home}/log") == b"one,two,three,"
    task = of(f"{home}/log", b"four", end=14)
    task.touch = 1_234_567_890
    assert await append(entered, task) == 14
    assert int(session.data_objects.get(f"{home}/log").modify_time.timestamp()) == 1_234_567_890


@pytest.mark.parametrize("api", [OPEN, SEEK, WRITE, CLOSE])
@pytest.mark.parametrize("carried_out", [False, True])
async def test_bytes_are_appended_once_when_the_line_breaks(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str, api: int, carried_out: bool
) -> None:
    put(session, f"{home}/log", b"one,")
    (proxy.lose_next_reply if carried_out else proxy.cut_at)(api)
    assert await append(entered_through, of(f"{home}/log", b"two,", end=4)) == 4
    assert get(session, f"{home}/log") == b"one,two,"
    assert await append(entered_through, of(f"{home}/log", b"two,", end=8)) == 8
    assert get(session, f"{home}/log") == b"one,two,two,"
