from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from irods.account import iRODSAccount

from irodsfs.grid.errors import NotIrods, ServerFull, ZoneUnreachable
from irodsfs.grid.greeting import DONT_CARE, ask_policy, choose_policy, require_welcome, requires_tls
from tests.zones import AnyZone

SECONDS = 60.0


@contextmanager
def answering(said: bytes) -> Iterator[int]:
    """Something else than a zone, which says the same to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1)
                line.sendall(said)
                line.recv(4096)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.readable_line
@pytest.mark.embedded_zone
def test_a_server_that_does_without_tls_is_believed(zone_server: AnyZone) -> None:
    assert ask_policy(zone_server.host, zone_server.port, SECONDS) == "CS_NEG_REFUSE"
    account = iRODSAccount(zone_server.host, zone_server.port, "a", "z", client_server_policy=DONT_CARE)
    choose_policy(account, SECONDS)
    assert account.client_server_policy == "CS_NEG_REFUSE"
    assert not requires_tls(account)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", b"+OK"])
def test_what_is_no_zone_is_told_by_what_it_says(said: bytes) -> None:
    with answering(said) as port, pytest.raises(NotIrods, match=said[:3].decode().replace("+", r"\+")):
        ask_policy("127.0.0.1", port, SECONDS)


def test_a_server_that_lets_nobody_in_is_told() -> None:
    require_welcome(0)
    with pytest.raises(ServerFull):
        require_welcome(-118000)
    with pytest.raises(ZoneUnreachable, match="lets nobody in"):
        require_welcome(-818000)


@pytest.mark.parametrize(
    ("negotiation", "policy", "expected"),
    [
        ("request_server_negotiation", "CS_NEG_REQUIRE", True),
        ("request_server_negotiation", "CS_NEG_REFUSE", False),
        ("", "CS_NEG_REQUIRE", False),
    ],
)
def test_tls_is_to_be_had_by_negotiation_only(negotiation: str, policy: str, expected: bool) -> None:
    account = iRODSAccount("h", 1, "a", "z", client_server_negotiation=negotiation, client_server_policy=policy)
    assert requires_tls(account) is expected
