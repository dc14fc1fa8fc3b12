"""What is asked over the control socket when a firewall has just forgotten all lines is answered before long."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from irods.session import iRODSSession

from tests.control.sockets import connected
from tests.control.test_delays import control_path
from tests.mount.conftest import MountThrough, mount_through, proxy
from tests.objects import get, put
from tests.proxy import Proxy

__all__ = ["mount_through", "proxy"]

PROMISED = 3.0
"""Seconds in which a call on a forgotten line succeeds on a new one."""

pytestmark = pytest.mark.readable_line

Call = Callable[[], httpx.Response]


def test_changes(mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str) -> None:
    for name in ("tagged", "moved", "removed", "checked", "replaced"):
        put(session, f"{home}/{name}", name.encode())
    mount = mount_through(proxy)
    with connected(control_path(mount)) as client:
        avu = {"metadataEntries": [{"attribute": "name", "value": "value", "unit": ""}]}
        calls: list[Call] = [
            lambda: client.put(f"/dataObject{home}/tagged/metadata", json=avu),
            lambda: client.post(f"/dataObject{home}/moved/move", params={"target": f"{home}/there"}),
            lambda: client.delete(f"/dataObject{home}/removed"),
            lambda: client.put(f"/dataObject{home}/checked/checksum"),
            lambda: client.post(f"/fileContents{home}/replaced", files={"uploadFile": b"new"}),
            lambda: client.put(f"/collection{home}/made"),
        ]
        proxy.delay = 0.2
        with ThreadPoolExecutor(len(calls)) as threads:
            list(threads.map(lambda _: client.get(f"/collection{home}"), calls))
            proxy.delay = 0.0
            proxy.forget_lines()
            answers = list(threads.map(timed, calls))
    assert all(answer.is_success for answer, _ in answers), [answer.text for answer, _ in answers]
    assert max(seconds for _, seconds in answers) < PROMISED, answers
    assert session.data_objects.get(f"{home}/tagged").metadata.get_one("name").value == "value"
    assert get(session, f"{home}/there") == b"moved"
    assert get(session, f"{home}/replaced") == b"new"
    assert not session.data_objects.exists(f"{home}/removed")
    assert session.collections.exists(f"{home}/made")


def timed(call: Call) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began
