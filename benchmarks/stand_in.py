"""A stand-in for a fast zone: `python -m benchmarks.stand_in HOST PORT` prints the port on which it listens.

It passes every message on to the zone behind it, but answers reads and writes of data objects itself, from memory: what
is read is zeros, and what is written is dropped but for its last byte, so that sizes are true. It is a process of its
own and does next to nothing for a mebibyte, so that it is the mount whose throughput is measured.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from typing import cast

from irods.api_number import api_number
from irods.message import FileSeekResponse, iRODSMessage

from irodsfs.grid import requests
from irodsfs.grid.flight import API_REPLY, API_REQUEST, Request, fly

OPEN, READ, WRITE, SEEK, CLOSE = (
    api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "READ", "WRITE", "LSEEK", "CLOSE")
)
LARGEST = 16 << 20
"""Bytes of the largest read or write request."""

_ZEROS = memoryview(bytes(LARGEST))
_HEADER_FIELD = re.compile(rb"<(type|msgLen|errorLen|bsLen|intInfo)>([^<]*)<")
_NUMBER = re.compile(rb"<(l1descInx|len)>(-?\d+)<")


@contextmanager
def before(host: str, port: int) -> Iterator[int]:
    """The port of a stand-in before a zone, in a process that lives as long as the block."""
    command = [sys.executable, "-m", "benchmarks.stand_in", host, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@dataclass
class _Descriptor:
    """An open replica: size and position in bytes, and whether something was `written` since the zone was told."""

    size: int
    position: int = 0
    written: bool = False


@dataclass
class _Message:
    """One message as it is on the wire, but for its byte stream of `bs` bytes, which is still to be received."""

    raw: bytes
    body: bytes
    kind: bytes
    int_info: int
    bs: int


class _Line:
    """One connection of a client, and the one to the zone that goes with it."""

    def __init__(self, client: socket.socket, zone: socket.socket) -> None:
        self._client = client
        self._zone = zone
        self._requests = cast(BufferedReader, client.makefile("rb", buffering=1 << 16))
        self._replies = cast(BufferedReader, zone.makefile("rb", buffering=1 << 16))
        self._dropped = memoryview(bytearray(LARGEST))
        self._open: dict[int, _Descriptor] = {}

    def serve(self) -> None:
        with self._client, self._zone, self._requests, self._replies, suppress(OSError, EOFError):
            while True:
                self._answer(_receive(self._requests))

    def _answer(self, request: _Message) -> None:
        numbers = {name: int(value) for name, value in _NUMBER.findall(request.body)}
        number = numbers.get(b"l1descInx", 0)
        descriptor = self._open.get(number) if request.kind == API_REQUEST.encode() else None
        if descriptor is None:
            self._pass_on(request)
        elif request.int_info == READ:
            self._read(descriptor, numbers[b"len"])
        elif request.int_info == WRITE:
            self._write(descriptor, request.bs)
        else:
            self._catch_up(number, descriptor)
            self._pass_on(request)
            if request.int_info == SEEK:
                descriptor.position = self._ask(requests.seek(number, 0, os.SEEK_CUR))
            elif request.int_info == CLOSE:
                del self._open[number]

    def _pass_on(self, request: _Message) -> None:
        self._zone.sendall(request.raw + _exactly(self._requests, request.bs))
        reply = _receive(self._replies)
        if request.kind == API_REQUEST.encode() and request.int_info == OPEN and reply.int_info > 0:
            size = self._ask(requests.seek(reply.int_info, 0, os.SEEK_END))
            self._open[reply.int_info] = _Descriptor(size, self._ask(requests.seek(reply.int_info, 0)))
        self._client.sendall(reply.raw + _exactly(self._replies, reply.bs))

    def _read(self, descriptor: _Descriptor, size: int) -> None:
        size = max(0, min(size, descriptor.size - descriptor.position))
        descriptor.position += size
        self._client.sendall(_reply(size, bs=size))
        self._client.sendall(_ZEROS[:size])

    def _write(self, descriptor: _Descriptor, size: int) -> None:
        received = self._requests.readinto(self._dropped[:size])
        if received < size:
            raise EOFError
        descriptor.position += size
        descriptor.written = descriptor.written or size > 0
        self._client.sendall(_reply(size))

    def _catch_up(self, number: int, descriptor: _Descriptor) -> None:
        """Give the replica in the zone the size and position that it has for the client."""
        if descriptor.written:
            self._ask(requests.seek(number, descriptor.position - 1), requests.write(number, b"\0"))
            descriptor.written = False
        else:
            self._ask(requests.seek(number, descriptor.position))

    def _ask(self, *asked: Request) -> int:
        """The position that the zone answers to a seek, the first of these requests."""
        sought, *_ = (reply.check() for reply in list(fly(self._zone, asked)))
        return int(iRODSMessage(msg=sought.body).get_main_message(FileSeekResponse).offset)


def _receive(stream: BufferedReader) -> _Message:
    prefix = _exactly(stream, 4)
    header = _exactly(stream, struct.unpack(">i", prefix)[0])
    fields = dict(_HEADER_FIELD.findall(header))
    body = _exactly(stream, int(fields[b"msgLen"]) + int(fields[b"errorLen"]))
    return _Message(prefix + header + body, body, fields[b"type"], int(fields[b"intInfo"]), int(fields[b"bsLen"]))


def _exactly(stream: BufferedReader, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def _reply(status: int, bs: int = 0) -> bytes:
    header: bytes = iRODSMessage.pack_header(API_REPLY, 0, 0, bs, status)
    return header


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - whoever started this reads it
    while True:
        client, _ = listener.accept()
        zone = socket.create_connection((host, port))
        for end in (client, zone):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_Line(client, zone).serve, daemon=True).start()


if __name__ == "__main__":
    main()
