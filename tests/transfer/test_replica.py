from __future__ import annotations

import pytest
from irods.exception import OBJ_PATH_DOES_NOT_EXIST
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.zone import Zone
from irodsfs.transfer import replica
from tests.objects import put


async def test_a_replica_stays_open_on_its_connection_until_it_is_closed(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    registered = session.data_objects.chksum(f"{home}/file")
    async with entered.pool.connection() as connection:
        opened = await replica.open_to_read(entered, connection, f"{home}/file")
        assert (opened.size, opened.version.size, opened.checksum) == (7, 7, registered)
        assert connection.open_descriptors == {FIRST_DESCRIPTOR}
        session.data_objects.unlink(f"{home}/file", force=True)
        _, got = await entered.pool.run(
            connection, [requests.seek(FIRST_DESCRIPTOR, 3), requests.read(FIRST_DESCRIPTOR, 100)]
        )
        assert bytes(got.check().bs) == b"tent"
        await replica.close(entered, connection)
        assert not connection.open_descriptors
        await replica.close(entered, connection)
        assert not connection.broken


async def test_what_is_missing_is_told(entered: Zone, home: str) -> None:
    async with entered.pool.connection() as connection:
        with pytest.raises(OBJ_PATH_DOES_NOT_EXIST):
            await replica.open_to_read(entered, connection, f"{home}/missing")
        assert not connection.open_descriptors
