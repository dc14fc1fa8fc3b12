"""What a zone can do that means harm: docs/security.md says it, and each of its promises is tried here."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from irodsfs.sandbox.protocol.wire import Message
from tests.conftest import MakeMount
from tests.hostile_zone import HostileZone, Lie
from tests.mounts import Mount
from tests.zones import AnyZone

QUERY, READ, OPEN, STAT = 702, 675, 602, 633
TIMEOUT = 2
BEFORE_LONG = 30
"""Seconds in which a call must have ended, with all its attempts on a busy machine."""

MEGABYTE = 1 << 20
MEMORY = 400 * MEGABYTE
"""More than a mount ever needs in these tests, and much less than what is claimed."""


@pytest.fixture
def zone(zone_server: AnyZone) -> Iterator[HostileZone]:
    with HostileZone.before(zone_server.host, zone_server.port) as zone:
        yield zone


@pytest.fixture
def mount(zone: HostileZone, zone_server: AnyZone, make_mount: MakeMount) -> Mount:
    file = zone_server.environment_file()
    mount = make_mount(
        "--timeout", str(TIMEOUT), "--cache-timeout", "0", environment_file=through(zone, zone_server, file)
    )
    mount.expect_log(".")
    for name in ("before", "victim", "zafter"):
        (mount.path / name).write_bytes(b"content")
    return mount


def through(zone: HostileZone, zone_server: AnyZone, file: Path) -> Path:
    file.write_text(file.read_text().replace(f'"irods_port": {zone_server.port}', f'"irods_port": {zone.port}'))
    return file


def saying(old: str, new: str) -> Lie:
    """Another value in the rows of queries."""
    before, after = (f"<value>{value}</value>".encode("utf-8", "surrogateescape") for value in (old, new))
    return lambda message: replace(message, body=message.body.replace(before, after))


def serves_on(mount: Mount, zone: HostileZone) -> None:
    """The mount has survived, in bounded memory, and tells the truth when the zone does."""
    zone.be_honest()
    assert sorted(os.listdir(mount.path)) == ["before", "victim", "zafter"]
    assert (mount.path / "victim").read_bytes() == b"content"
    assert mount.peak_memory() < MEMORY


def header(message: Message, **claims: int) -> bytes:
    """A header that claims other lengths than what follows has."""
    told = {"msgLen": len(message.body), "errorLen": len(message.error), "bsLen": len(message.bs)} | claims
    fields = "".join(f"<{name}>{value}</{name}>\n" for name, value in told.items())
    text = (
        f"<MsgHeader_PI>\n<type>{message.type}</type>\n{fields}<intInfo>{message.int_info}</intInfo>\n</MsgHeader_PI>\n"
    )
    return struct.pack(">i", len(text)) + text.encode()


@pytest.mark.parametrize(
    "claims",
    [
        {"bsLen": 2_000_000_000},
        {"bsLen": 10**15},
        {"msgLen": 2_000_000_000},
        {"errorLen": 2_000_000_000},
        {"bsLen": -1},
        {"msgLen": -5},
        {"bsLen": 10**40},
    ],
    ids=str,
)
@pytest.mark.parametrize("api", [QUERY, READ])
def test_lengths_that_lie(mount: Mount, zone: HostileZone, api: int, claims: dict[str, int]) -> None:
    zone.lie_about(api, lambda message: header(message, **claims) + message.body + message.bs)
    began = time.monotonic()
    with pytest.raises(OSError, match=r"."):
        (mount.path / "victim").read_bytes()
    assert time.monotonic() - began < BEFORE_LONG
    serves_on(mount, zone)


@pytest.mark.parametrize(
    "garbage", [b"", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"HTTP/1.1 200 OK\r\n\r\n", b"\0\0\0\x05<a>b"]
)
def test_what_is_no_message(mount: Mount, zone: HostileZone, garbage: bytes) -> None:
    zone.lie_about(QUERY, lambda _: garbage or None)
    with pytest.raises(OSError, match=r"."):
        (mount.path / "victim").stat()
    serves_on(mount, zone)


@pytest.mark.parametrize("size", [10**18, 2**63 - 1])
def test_sizes_of_files_that_lie(mount: Mount, zone: HostileZone, size: int) -> None:
    zone.lie_about(QUERY, saying("7", str(size)))
    with suppress(OSError), (mount.path / "victim").open("rb") as file:
        assert file.read(7) in (b"content", b"")
    serves_on(mount, zone)


BAD_NAMES = ["", ".", "..", "a/b", "/etc/passwd", "../../etc/passwd", "x" * 5000]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: name[:20] or "empty")
def test_a_bad_name_hides_one_entry(mount: Mount, zone: HostileZone, name: str) -> None:
    zone.lie_about(QUERY, saying("victim", name))
    assert sorted(os.listdir(mount.path)) == ["before", "zafter"]
    assert "hidden" in mount.log or "left out" in mount.log
    serves_on(mount, zone)


@pytest.mark.parametrize(
    "value", ["", "-7", "many", "7.5", "1e3", "٧", "9" * 5000, "0x7"], ids=lambda value: value[:10]
)
def test_a_size_that_is_none_hides_one_entry(mount: Mount, zone: HostileZone, value: str) -> None:
    (mount.path / "victim").write_bytes(b"content of 21 bytes..")
    zone.lie_about(QUERY, saying("21", value))
    assert sorted(os.listdir(mount.path)) == ["before", "zafter"]
    zone.be_honest()
    (mount.path / "victim").write_bytes(b"content")
    serves_on(mount, zone)


@pytest.mark.parametrize("value", ["", "-1", "soon", "99999999999999999999999"])
def test_times_that_are_none_hide_one_entry_at_most(mount: Mount, zone: HostileZone, value: str) -> None:
    os.utime(mount.path / "victim", (1_234_567_890, 1_234_567_890))
    zone.lie_about(QUERY, saying("01234567890", value))
    assert {"before", "zafter"} <= set(os.listdir(mount.path))
    serves_on(mount, zone)


def test_names_that_come_twice_are_one_entry(mount: Mount, zone: HostileZone) -> None:
    zone.lie_about(QUERY, saying("victim", "before"))
    assert sorted(os.listdir(mount.path)) == ["before", "zafter"]
    serves_on(mount, zone)


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">%s]><GenQueryOut_PI>&j;</GenQueryOut_PI>"""
    % b"".join(b'<!ENTITY %c "%s">' % (ord("b") + number, b"&%c;" % (ord("a") + number) * 10) for number in range(9))
)
FILE = b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><GenQueryOut_PI><rowCnt>&x;</rowCnt></GenQueryOut_PI>'


@pytest.mark.parametrize("body", [BOMB, FILE, b"<" * MEGABYTE, b"<a>" * 100_000, b"", b"\xff\xfe"], ids=range(6))
def test_replies_that_are_no_answers(mount: Mount, zone: HostileZone, body: bytes) -> None:
    zone.lie_about(QUERY, lambda message: replace(message, body=body))
    began = time.monotonic()
    with pytest.raises(OSError, match=r"."):
        (mount.path / "victim").read_bytes()
    assert time.monotonic() - began < BEFORE_LONG
    zone.be_honest()
    assert "root:" not in mount.log
    serves_on(mount, zone)


def test_pages_that_never_end_take_bounded_memory_and_time(mount: Mount, zone: HostileZone) -> None:
    """Ten million rows and more: the same page again and again."""

    def again(message: Message) -> Message:
        return replace(message, body=message.body.replace(b"<continueInx>0<", b"<continueInx>1<"))

    zone.lie_about(QUERY, again)
    began = time.monotonic()
    with pytest.raises(OSError, match=r"."):
        os.listdir(mount.path)
    assert time.monotonic() - began < 3 * BEFORE_LONG
    serves_on(mount, zone)


def test_replies_out_of_order(mount: Mount, zone: HostileZone) -> None:
    """The answer to the close of a flight comes in the place of that to its read: it is read again on another line."""
    held: list[Message] = []

    def late(message: Message) -> bytes | Message:
        held.append(message)
        return b"" if len(held) % 2 else held[-1]

    zone.lie_about(READ, late)
    assert (mount.path / "victim").read_bytes() == b"content"
    assert len(held) > 1
    serves_on(mount, zone)


@pytest.mark.parametrize("status", [-2_000_000_000, 2_000_000_000, 7, -1])
@pytest.mark.parametrize("api", [QUERY, OPEN, READ])
def test_statuses_that_make_no_sense(mount: Mount, zone: HostileZone, api: int, status: int) -> None:
    zone.lie_about(api, lambda message: replace(message, int_info=status))
    with suppress(OSError):
        assert (mount.path / "victim").read_bytes() in (b"content", b"")
    serves_on(mount, zone)
