"""Flights over a real socket whose other end says what the test wants."""

from __future__ import annotations

import os
import random
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.exception import CAT_UNKNOWN_COLLECTION, UnknowniRODSError
from irods.message import iRODSMessage

from irodsfs.grid import requests
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable
from irodsfs.grid.flight import OUTSTANDING_REQUESTS, Request, Stored, UnsafeFlight, fly, send

Pair = tuple[socket.socket, socket.socket]


def message(status: int, body: bytes = b"", bs: bytes = b"", kind: str = "RODS_API_REPLY") -> bytes:
    header: bytes = iRODSMessage.pack_header(kind, len(body), 0, len(bs), status)
    return header + body + bs


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Our end, and that of the zone."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        theirs.settimeout(10)
        yield ours, theirs


def test_replies_come_in_order_and_failures_are_among_them(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(message(3) + message(-814000) + message(0, b"body", b"stream"))
    opened, failed, read = fly(ours, [Request(602), Request(633), Request(675)])
    assert opened.check().status == 3
    with pytest.raises(CAT_UNKNOWN_COLLECTION):
        failed.check()
    assert (read.body, bytes(read.bs)) == (b"body", b"stream")


def test_numbers_without_a_class_keep_their_code(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(message(-404000))
    (failed,) = fly(ours, [Request(602)])
    assert isinstance(failed.failure(), UnknowniRODSError)
    assert failed.failure().code == -404000


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\0",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff" + b"x" * 100,
        b"\0\0\0\x05hello",
        b"\0\0\0\x05" + b"\xff" * 5,
        message(0, kind="RODS_VERSION"),
        message(0).replace(b"<msgLen>0<", b"<msgLen>x<"),
        message(0, b"body")[:-1],
        message(0, b"", b"stream")[:-3],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_what_is_not_the_protocol_ends_the_line(pair: Pair, answer: bytes) -> None:
    ours, theirs = pair
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(ZoneUnreachable):
        list(fly(ours, [Request(602)]))


def test_lengths_below_zero_end_the_line(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(message(0, bs=b"x" * 10).replace(b"<bsLen>10<", b"<bsLen>-1<"))
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(ZoneUnreachable):
        list(fly(ours, [Request(602)]))


@pytest.mark.parametrize("missing", [0, 1])
def test_a_range_of_a_file_is_sent_whole_or_the_line_ends(pair: Pair, tmp_path: Path, missing: int) -> None:
    ours, theirs = pair
    content = random.Random(1).randbytes(30_000)
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as file:
        request = Request(676, bs=Stored(file, 10_000, len(content) - 10_000 + missing))
        if missing:
            with pytest.raises(ZoneUnreachable):
                send(ours, request)
            return
        theirs.sendall(message(0))
        (reply,) = fly(ours, [request])
    assert reply.check().status == 0
    ours.shutdown(socket.SHUT_WR)
    with theirs.makefile("rb") as stream:
        assert stream.read().endswith(content[10_000:])


def test_silence_is_a_timeout(pair: Pair) -> None:
    ours, _ = pair
    ours.settimeout(0.05)
    with pytest.raises(ZoneTimeout):
        list(fly(ours, [Request(602)]))


def test_a_flight_of_any_length_never_leaves_both_sides_sending(pair: Pair) -> None:
    ours, theirs = pair
    count = 3 * OUTSTANDING_REQUESTS
    large = b"x" * 200_000

    def serve() -> None:
        with theirs.makefile("rb") as stream:
            for _ in range(count):
                length = int.from_bytes(stream.read(4), "big")
                header = stream.read(length)
                size = int(header.split(b"<bsLen>")[1].split(b"<")[0])
                stream.read(size)
                theirs.sendall(message(size, b"", large))

    server = threading.Thread(target=serve)
    server.start()
    requests = (Request(675, bs=b"y" * 20_000, large_reply=True) for _ in range(count))
    replies = list(fly(ours, requests))
    server.join()
    assert [reply.status for reply in replies] == [20_000] * count
    assert all(len(reply.bs) == len(large) for reply in replies)


def replies_to(theirs: socket.socket, *statuses: int) -> None:
    for status in statuses:
        theirs.sendall(message(status))


def requests_sent(ours: socket.socket, theirs: socket.socket) -> list[int]:
    ours.shutdown(socket.SHUT_WR)
    with theirs.makefile("rb") as stream:
        return [int(number) for number in re.findall(rb"<intInfo>(\d+)<", stream.read())]


EXISTS = -312000
EXCLUSIVE, WRITE, CLOSE = Request(602, conditional=True), Request(676), Request(673)
TOUCH = Request(20007, by_path=True)


def test_what_changes_a_path_is_not_sent_when_its_exclusive_open_has_failed(pair: Pair) -> None:
    ours, theirs = pair
    replies_to(theirs, EXISTS, -1, -2)
    replies = list(fly(ours, [EXCLUSIVE, WRITE, CLOSE, TOUCH.after_first()]))
    assert [reply.status for reply in replies] == [EXISTS, -1, -2, EXISTS]
    assert requests_sent(ours, theirs) == [602, 676, 673]


def test_what_changes_a_path_is_sent_when_its_exclusive_open_has_succeeded(pair: Pair) -> None:
    ours, theirs = pair
    replies_to(theirs, 3, 5, 0, 0)
    assert [reply.status for reply in fly(ours, [EXCLUSIVE, WRITE, CLOSE, TOUCH.after_first()])] == [3, 5, 0, 0]
    assert requests_sent(ours, theirs) == [602, 676, 673, 20007]


def test_what_needs_all_requests_before_it_is_not_sent_when_the_last_one_has_failed(pair: Pair) -> None:
    ours, theirs = pair
    replies_to(theirs, 3, 5, -7)
    unlink = Request(615, by_path=True).after_all()
    assert [reply.status for reply in fly(ours, [Request(602), WRITE, CLOSE, unlink, unlink])] == [3, 5, -7, -7, -7]
    assert requests_sent(ours, theirs) == [602, 676, 673]


@pytest.mark.parametrize(
    "flight",
    [
        pytest.param([EXCLUSIVE, WRITE, CLOSE, TOUCH], id="time of what was made"),
        pytest.param([requests.rename("/a", "/b", collection=False), requests.unlink("/b")], id="unlink after rename"),
        pytest.param([requests.make_collection("/a"), requests.touch("/a", 1)], id="time of a collection"),
        pytest.param(
            [requests.open_object("/a", os.O_CREAT | os.O_EXCL), requests.truncate("/a", 1, replica=True)], id="growing"
        ),
    ],
)
def test_a_flight_that_could_change_what_somebody_else_made_is_refused(pair: Pair, flight: list[Request]) -> None:
    ours, theirs = pair
    with pytest.raises(UnsafeFlight):
        list(fly(ours, flight))
    assert flight[-1].api not in requests_sent(ours, theirs)
