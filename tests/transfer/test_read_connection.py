from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import replica
from irodsfs.transfer.read_connection import Chunk, ReadConnection
from tests.objects import put

CONTENT = bytes(range(100))


async def test_chunks_come_in_the_order_in_which_they_were_asked_for(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", CONTENT)
    async with entered.pool.connection() as connection:
        await replica.open_to_read(entered, connection, f"{home}/file")
        reading = ReadConnection(connection)
        chunks = [Chunk(0, 10), Chunk(10, 10), Chunk(50, 5), Chunk(55, 100)]
        assert await reading.exchange(chunks) is chunks[0]
        for chunk in chunks[1:]:
            assert await reading.exchange([]) is chunk
        assert [bytes(chunk.content or b"") for chunk in chunks] == [CONTENT[each.start : each.end] for each in chunks]
        assert reading.round_trip > 0
        reading.leave()
        assert not connection.broken
        await replica.close(entered, connection)


@pytest.mark.parametrize("asked", [1, 3])
async def test_replies_that_nobody_waited_for_spoil_the_connection(
    entered: Zone, session: iRODSSession, home: str, asked: int
) -> None:
    put(session, f"{home}/file", CONTENT)
    async with entered.pool.connection() as connection:
        await replica.open_to_read(entered, connection, f"{home}/file")
        reading = ReadConnection(connection)
        await reading.exchange([Chunk(10 * number, 10) for number in range(asked)])
        reading.leave()
        assert connection.broken is (asked > 1)
        await replica.close(entered, connection)
