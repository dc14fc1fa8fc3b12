"""A client of the embedded zone without any library: what it sends is what the test says."""

from __future__ import annotations

import base64
import socket
from typing import BinaryIO, cast

from irodsfs.sandbox.catalog.accounts import response_to
from irodsfs.sandbox.protocol.wire import (
    Message,
    Struct,
    decode,
    encode,
    json_of,
    json_struct,
    key_values,
    read_message,
    send_message,
)


class RawClient:
    """A connection to a zone; ``connected`` goes through handshake and native authentication."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=20)
        self.stream = cast(BinaryIO, self.socket.makefile("rb"))

    @classmethod
    def connected(cls, host: str, port: int, password: str, user: str = "rods") -> RawClient:
        client = cls(host, port)
        assert client.start(user).integer("status") == 0
        offer = {"scheme": "native", "user_name": user, "zone_name": "tempZone"}
        reply = client.call(110000, json_struct(offer | {"next_operation": "auth_agent_auth_request"}))
        challenge = json_of(decode(reply.body))["request_result"]
        digest = response_to(challenge.encode(), password)
        answer = {"digest": base64.b64encode(digest).decode()}
        reply = client.call(110000, json_struct(offer | answer | {"next_operation": "auth_agent_auth_response"}))
        assert reply.int_info == 0
        return client

    def start(self, user: str = "rods", option: str = "test", protocol: int = 1) -> Struct:
        """Sends the startup pack and answers what comes back."""
        startup = Struct(
            "StartupPack_PI",
            ("irodsProt", protocol),
            ("proxyUser", user),
            ("proxyRcatZone", "tempZone"),
            ("clientUser", user),
            ("clientRcatZone", "tempZone"),
            ("relVersion", "rods5.0.2"),
            ("apiVersion", "d"),
            ("option", option),
        )
        return decode(self.exchange(Message("RODS_CONNECT", 0, encode(startup))).body)

    def call(self, number: int, struct: Struct | None = None, bs: bytes = b"") -> Message:
        """One API request and its reply."""
        return self.exchange(Message("RODS_API_REQ", number, encode(struct) if struct else b"", b"", bs))

    def exchange(self, message: Message) -> Message:
        send_message(self.socket, message)
        return self.read()

    def read(self) -> Message:
        """The next reply."""
        reply = read_message(self.stream)
        assert reply is not None, "the server closed the connection"
        return reply

    def is_closed_by_server(self) -> bool:
        """Waits for the server to end the connection."""
        try:
            return self.stream.read(1) == b""
        except ConnectionError:
            return True

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def data_object(path: str, flags: int = 0, size: int = -1, **keywords: str) -> Struct:
    """A DataObjInp_PI."""
    return Struct(
        "DataObjInp_PI",
        ("objPath", path),
        ("createMode", 0o600),
        ("openFlags", flags),
        ("offset", 0),
        ("dataSize", size),
        ("numThreads", 0),
        ("oprType", 0),
        ("KeyValPair_PI", key_values(keywords)),
    )


def opened(descriptor: int, length: int = 0, offset: int = 0, whence: int = 0) -> Struct:
    """An OpenedDataObjInp_PI."""
    return Struct(
        "OpenedDataObjInp_PI", ("l1descInx", descriptor), ("len", length), ("whence", whence), ("offset", offset)
    )
