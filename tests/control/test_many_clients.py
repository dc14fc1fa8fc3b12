from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests.control.serving import served
from tests.limits import soft_limit
from tests.zones import AnyZone

CLIENTS = 300
REQUEST = b"GET /missing HTTP/1.1\r\nHost: irods\r\n"
SECONDS = 60
"""Less than the server waits for the rest of a request here."""


def test_more_clients_at_a_time_than_the_soft_limit_of_descriptors(zone_server: AnyZone, tmp_path: Path) -> None:
    with ExitStack() as serving:
        with soft_limit(CLIENTS // 2):
            url = serving.enter_context(served(zone_server.environment_file(), tmp_path, "--client-timeout", "600"))
        at = urlsplit(url)
        for _ in range(CLIENTS):
            client = serving.enter_context(socket.create_connection((at.hostname, at.port), SECONDS))
            client.sendall(REQUEST)
        client.sendall(b"\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 404")
