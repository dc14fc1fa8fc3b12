"""Lines that carry nothing any more, and those that only look like it, as what is asked on them takes its time."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.grid import connection as connection_module
from irodsfs.grid import data_objects, pool, requests
from irodsfs.grid.zone import Zone
from irodsfs.grid.zone_timeouts import one_call
from irodsfs.transfer import writer
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.upload import Upload, upload
from irodsfs.transfer.writer import Writer
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

CHECKSUM, CLOSE, INFORMATION, MKDIR, OPEN, STAT = (
    api_number[name]
    for name in (
        "DATA_OBJ_CHKSUM_AN", "DATA_OBJ_CLOSE_AN", "GET_MISC_SVR_INFO_AN", "COLL_CREATE_AN", "DATA_OBJ_OPEN_AN",
        "OBJ_STAT_AN",
    )
)  # fmt: skip
SLOW = 2.0
"""Seconds that the zone takes for something; longer than a silent line is believed in."""

PROMISED = 3.0
"""Seconds in which what is asked on a line that was forgotten succeeds on a new one."""

PATIENCE = 60

pytestmark = pytest.mark.readable_line


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@asynccontextmanager
async def entered(proxy: Proxy, zone_server: AnyZone) -> AsyncIterator[Zone]:
    with zone_server.behind(proxy.port).session() as session, trio.fail_after(PATIENCE):
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, 4, background)
            yield zone
            await zone.leave()
            background.cancel_scope.cancel()


def delay_at(proxy: Proxy, api: int) -> None:
    assert SLOW > pool.QUIET + 2 * pool.LOOKS
    proxy.on_request(api, lambda _: time.sleep(SLOW))


async def test_a_checksum_that_takes_long_is_asked_for_once(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/object", b"content")
    async with entered(proxy, zone_server) as zone:
        delay_at(proxy, CHECKSUM)
        (reply,) = await zone.perform(data_objects.checksum(f"{home}/object"), repeat=True)
        assert data_objects.checksum_text(reply).startswith("sha2:")
    assert proxy.requests[CHECKSUM] == 1


async def test_what_a_site_does_when_an_object_is_closed_may_take_long(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHEAP", 0.0)
    async with entered(proxy, zone_server) as zone:
        delay_at(proxy, CLOSE)
        whole = Patch(0, 7, lambda offset, size: b"content"[offset : offset + size])
        await upload(zone, Upload(f"{home}/uploaded", [whole], 7, create=True))
        assert proxy.requests[OPEN] == 1
        put(session, f"{home}/streamed", b"before")
        stream = Writer(zone, f"{home}/streamed", os.O_WRONLY | os.O_TRUNC, may_repeat=True)
        await stream.open()
        await stream.write(b"content")
        await stream.close()
    assert proxy.requests[CLOSE] == 2
    assert get(session, f"{home}/uploaded") == get(session, f"{home}/streamed") == b"content"


async def test_what_takes_long_for_no_known_reason_is_asked_twice_at_most(
    proxy: Proxy, zone_server: AnyZone, home: str
) -> None:
    async with entered(proxy, zone_server) as zone:
        await zone.perform(requests.object_stat(home))
        proxy.count()
        delay_at(proxy, STAT)
        with one_call():
            await zone.perform(requests.object_stat(home), repeat=True)
            assert proxy.requests[STAT] == 2
            # The line that was opened for that is patient by now.
            await zone.perform(requests.object_stat(home), repeat=True)
    assert proxy.requests[STAT] == 3


async def test_what_can_not_be_repeated_goes_on_a_line_that_has_just_carried_something(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    async with entered(proxy, zone_server) as zone:
        await zone.perform(requests.object_stat(home))
        proxy.forget_lines()
        began = trio.current_time()
        await zone.perform(requests.make_collection(f"{home}/made"))
        assert trio.current_time() - began < PROMISED
    assert session.collections.exists(f"{home}/made")


async def test_it_costs_nothing_where_the_same_call_has_asked_before(
    proxy: Proxy, zone_server: AnyZone, home: str
) -> None:
    async with entered(proxy, zone_server) as zone:
        with one_call():
            await zone.perform(requests.object_stat(home))
            counted = proxy.count()
            await zone.perform(requests.make_collection(f"{home}/made"))
    assert counted == {MKDIR: 1}


async def test_an_answer_that_came_before_the_line_was_forgotten_proves_nothing(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, f"{home}/object", b"content")
    async with entered(proxy, zone_server) as zone, zone.pool.connection() as connection:
        connection.send(requests.object_stat(home))
        assert connection.silence < PROMISED
        monkeypatch.setattr(connection_module, "PROVEN_SECONDS", 0.5)
        # The time of silence that counts, by the end of which the answer has come.
        await trio.sleep(0.6)
        assert not connection.is_usable()
        connection.receive()
        assert not connection.is_proven
