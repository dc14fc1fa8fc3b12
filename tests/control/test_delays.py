"""What is slow on one side of a mount, its files or its control socket, delays nothing on the other."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.control.mounted import CONNECTIONS
from tests.control.sockets import connected, plainly_connected
from tests.mount.conftest import MountThrough, mount_through, proxy
from tests.mounts import Mount
from tests.proxy import Proxy

__all__ = ["mount_through", "proxy"]

READ = api_number["DATA_OBJ_READ_AN"]
MEGABYTE = 1 << 20
LARGE = 16 * MEGABYTE
"""Bytes: more than all buffers on the way hold."""
PATIENCE = 60
"""Seconds in which what is promised must have happened."""


def control_path(mount: Mount) -> Path:
    return Path(os.getxattr(mount.path, "irods.control").decode())


@contextmanager
def half_read(path: Path, url: str) -> Iterator[socket.socket]:
    """A client that has asked for a file and reads no more than the beginning of the answer."""
    with plainly_connected(path) as client:
        client.settimeout(PATIENCE)
        client.sendall(f"GET {url} HTTP/1.1\r\nHost: irods\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        yield client


def rest_of(client: socket.socket, size: int) -> bytes:
    """The `size` bytes of content after the answer's head."""
    with client.makefile("rb") as answer:
        while answer.readline() != b"\r\n":
            pass
        return answer.read(size)


def test_clients_that_read_slowly_delay_neither_files_nor_the_status(
    control: httpx.Client, mounted_zone: Mount, session: iRODSSession, home: str
) -> None:
    content = os.urandom(LARGE)
    with session.data_objects.open(f"{home}/large", "w") as file:
        file.write(content)
    control.post("/cache/invalidate")
    directory = mounted_zone.shown(home)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(half_read(control_path(mounted_zone), f"/fileContents{home}/large"))
            for _ in range(CONNECTIONS)
        ]
        for number in range(5):
            (directory / f"file{number}").write_bytes(b"small")
            assert (directory / f"file{number}").read_bytes() == b"small"
        assert (directory / "large").read_bytes() == content
        assert control.get("/status").json()["openFiles"] >= 0
        assert rest_of(clients[0], LARGE) == content


def test_a_file_system_that_waits_for_its_zone_delays_no_query(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    for name in ("one", "two"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(os.urandom(8 * MEGABYTE))
    mount = mount_through(proxy, "--connections", "2")
    waiting, released = threading.Semaphore(0), threading.Event()

    def hold(_: int) -> None:
        waiting.release()
        released.wait()

    proxy.on_request(READ, hold)
    query = {"query": f"select DATA_NAME where COLL_NAME = '{home}' order by DATA_NAME"}
    with ThreadPoolExecutor() as threads, connected(control_path(mount)) as control:
        reads = [threads.submit((mount.path / name).read_bytes) for name in ("one", "two")]
        try:
            assert all(waiting.acquire(timeout=PATIENCE) for _ in reads)
            answer = control.post("/query", json=query)
            made = control.put(f"/collection{home}/made")
            assert not any(read.done() for read in reads)
        finally:
            released.set()
        assert [len(read.result(PATIENCE)) for read in reads] == [8 * MEGABYTE] * 2
    assert answer.json() == {"row": [{"value": ["one"]}, {"value": ["two"]}]}
    assert made.status_code == 200
