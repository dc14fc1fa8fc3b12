"""What commands ask of a zone: requests, and flights that somebody waits for, whatever the depth."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.actions.action import checked, perform
from irodsfs.actions.registry import ACTIONS
from irodsfs.actions.workspace import NoMount, Workspace
from irodsfs.config import Setting
from irodsfs.config.load import load_login
from irodsfs.grid.irods_sessions import entered
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone

DEEP = 12
"""Collections within one another, each with a data object."""

RESOLVED = 2
"""Requests that find out what a path names: one for a collection, one for a data object."""


COSTS: list[tuple[str, dict[str, Any], int, int]] = [
    ("find", {}, RESOLVED + 4, 2),
    ("find", {"name": ["o*"], "avu": ["A=1"], "size": [">0"]}, RESOLVED + 2, 2),
    ("find", {"avu": ["A=1", "B=2"]}, RESOLVED + 8, 3),
    ("ls", {}, RESOLVED + 2, 2),
    ("ls", {"details": True}, RESOLVED + 7, 3),
    ("du", {}, RESOLVED + 3, 2),
    ("du", {"max_depth": 3}, RESOLVED + 3, 2),
    ("info", {}, RESOLVED + 8, 4),
]
"""Action, parameters, requests, flights."""


def test_actions_cost_the_same_whatever_the_depth(embedded_zone: EmbeddedZone, home: str) -> None:
    with embedded_zone.session() as session:
        fill(session, home)
    with ExitStack() as stack:
        proxies = [stack.enter_context(Proxy.before(embedded_zone.host, embedded_zone.port)) for _ in COSTS]
        zones = [embedded_zone.behind(proxy.port).environment_file() for proxy in proxies]
        counted: list[tuple[int, int]] = [(0, 0)] * len(COSTS)

        async def count(number: int, background: trio.Nursery) -> None:
            action, parameters, *_ = COSTS[number]
            account = load_login(Setting(str(zones[number]), "the test"), None)
            async with entered(account, background, connections=1, request_timeout=60) as session:
                workspace = Workspace(session, account.home, None, NoMount())
                with proxies[number].counting_flights() as requests:
                    given = checked(ACTIONS[action], {"paths": [home], **parameters})
                    found = [record async for record in perform(ACTIONS[action], workspace, given)]
            assert found
            assert "failure" not in found[-1]
            counted[number] = (requests.total(), proxies[number].flights)

        async def main() -> None:
            async with trio.open_nursery() as background:
                async with trio.open_nursery() as counting:
                    for number in range(len(COSTS)):
                        counting.start_soon(count, number, background)
                background.cancel_scope.cancel()

        trio.run(main)
    assert counted == [(requests, flights) for _, _, requests, flights in COSTS]


def fill(session: iRODSSession, home: str) -> None:
    collection = home
    for _ in range(DEEP):
        collection = f"{collection}/c"
        session.collections.create(collection)
        session.data_objects.create(f"{collection}/object")
    made = session.data_objects.get(f"{collection}/object")
    made.metadata.add("A", "1")
    made.metadata.add("B", "2")
    with session.data_objects.open(made.path, "w") as file:
        file.write(b"content")
