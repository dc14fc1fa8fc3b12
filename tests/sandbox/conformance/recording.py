"""Recordings: the messages between clients and a real server, as a proxy between them wrote them down."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from irodsfs.sandbox.protocol.wire import Message

QUERY = 702  # GenQuery1
KEPT = 512  # bytes of a byte stream that a recording keeps


@dataclass(frozen=True)
class Event:
    """One thing that happened on one connection while a step ran.

    ``hangup`` is a client that went away without saying so, ``closed`` a server that ended the connection unasked.
    """

    step: str
    connection: int
    kind: Literal["request", "reply", "hangup", "closed"]
    message: Message
    bs_length: int = 0

    @property
    def identity(self) -> tuple[int, str, int, bytes]:
        return self.connection, self.message.type, self.message.int_info, self.message.body


def read(path: Path) -> list[Event]:
    """The events of a recording in order, compressed with xz or not; raises ValueError when the file is none."""
    stored = path.read_bytes()
    try:
        text = (lzma.decompress(stored) if path.suffix == ".xz" else stored).decode("utf-8")
        events = [event_of(json.loads(line)) for line in text.splitlines()]
    except (KeyError, TypeError, ValueError, lzma.LZMAError) as error:
        raise ValueError(f"{path} is no recording: {error}") from error
    return list(with_endings(events))


def event_of(line: dict[str, Any]) -> Event:
    message = Message(line["type"], line["int_info"], content(line["msg"]), content(line["error"]), content(line["bs"]))
    return Event(line["label"] or "(set-up)", line["conn"], line["dir"], message, line["bs_len"])


def content(field: str | dict[str, str]) -> bytes:
    return field.encode("utf-8", "surrogateescape") if isinstance(field, str) else base64.b64decode(field["base64"])


def with_endings(events: list[Event]) -> Iterator[Event]:
    """The events, with the endings of connections that no message tells of put where they belong."""
    hangups = dict(map(hangup_of, unannounced_endings(events)))
    last = {event.connection: position for position, event in enumerate(events)}
    hanging: list[Event] = []
    for position, event in enumerate(events):
        for hangup in [hangup for hangup in hanging if is_due(hangup, event, events[:position])]:
            hanging.remove(hangup)
            yield hangup
        yield event
        if last[event.connection] == position and event.connection in hangups:
            hangup = hangups[event.connection]
            if hangup.kind == "hangup" and is_asked_twice(event.step, events[position + 1 :]):
                hanging.append(hangup)
            else:
                yield hangup


def unannounced_endings(events: list[Event]) -> Iterator[Event]:
    for event in {event.connection: event for event in events}.values():
        if event.message.type != "RODS_DISCONNECT":
            yield event


def hangup_of(last: Event) -> tuple[int, Event]:
    kind: Literal["hangup", "closed"] = "hangup" if last.kind == "reply" else "closed"
    return last.connection, Event(last.step, last.connection, kind, Message(""))


def is_asked_twice(step: str, following: list[Event]) -> bool:
    """Whether the client goes on by asking the same twice: it waits for the server to notice a hang-up."""
    requests = (event for event in following if event.step == step and event.kind == "request")
    asked = [event.identity for event in takewhile(lambda event: event.message.int_info == QUERY, requests)]
    return len(set(asked)) < len(asked)


def is_due(hangup: Event, event: Event, before: list[Event]) -> bool:
    if event.step != hangup.step:
        return True
    since = (earlier for earlier in before if earlier.step == hangup.step and earlier.kind == "request")
    return event.kind == "request" and event.identity in (earlier.identity for earlier in since)
