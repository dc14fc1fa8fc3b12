"""Rewriting: a recorded request, told in the words of our zone."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from irodsfs.sandbox.protocol.wire import Message, escape
from tests.sandbox.conformance.normalise import CHECKSUM, Variables
from tests.sandbox.conformance.payload import checksum, payload
from tests.sandbox.conformance.recording import KEPT, Event
from tests.sandbox.conformance.replay_credentials import Credentials, obfuscated

AUTHENTICATE, GENERAL_ADMIN = 110000, 701
ID = re.compile(r"((?:'|&apos;)|<ruleExecId>)(\d{5,})((?:'|&apos;)|</ruleExecId>)")
CONTINUE = re.compile(r"<continueInx>([1-9]\d*)</continueInx>")
BUFFER = re.compile(r"<buflen>\d+</buflen>(\s*)<buf>([^<]*)</buf>")
PASSWORD = re.compile(r"(<arg3>password</arg3>\s*<arg4>)([^<]*)(</arg4>)")


@dataclass
class Dialogue:
    """What one connection has to remember: the challenges, and which of our result sets stands for which recorded."""

    recorded_challenge: str = ""
    our_challenge: str = ""
    continuations: dict[str, str] = field(default_factory=dict)


def rewrite(event: Event, dialogue: Dialogue, variables: Variables, credentials: Credentials) -> Message:
    """The request to send to our server instead of the recorded one."""
    message = event.message
    bs = payload(event)
    if len(bs) > KEPT:
        learn_checksum(event, bs, variables)
    text = message.body.decode("utf-8", "surrogateescape")
    if message.int_info == AUTHENTICATE:
        text = with_buffer(text, lambda request: authenticated(request, dialogue, variables, credentials))
    elif message.int_info == GENERAL_ADMIN:
        text = PASSWORD.sub(lambda found: found[1] + new_password(found[2], dialogue) + found[3], text)
    else:
        text = with_buffer(text, lambda request: json.loads(named_as_ours(json.dumps(request), variables)))
    text = CONTINUE.sub(
        lambda found: f"<continueInx>{dialogue.continuations.get(found[1], found[1])}</continueInx>", text
    )
    text = named_as_ours(text, variables)
    return replace(message, body=text.encode("utf-8", "surrogateescape"), bs=bs)


def learn_checksum(event: Event, bs: bytes, variables: Variables) -> None:
    variables.our_checksums.add(checksum(bs))
    for recorded in set(CHECKSUM.findall(event.message.body.decode("utf-8", "surrogateescape"))):
        variables.checksums.bind(recorded, checksum(bs))


def named_as_ours(text: str, variables: Variables) -> str:
    text = ID.sub(lambda found: found[1] + variables.ids.ours.get(found[2], found[2]) + found[3], text)
    for recorded, ours in variables.tokens.ours.items():
        text = text.replace(recorded, ours)
    for recorded, ours in variables.hosts.ours.items():
        text = text.replace(f">{recorded}:", f">{ours}:")
    return variables.as_ours(text)


def with_buffer(text: str, change: Callable[[Any], Any]) -> str:
    """The text, with the JSON in its base64 buffer changed; untouched when there is none or it stays the same."""
    found = BUFFER.search(text)
    if not found:
        return text
    raw = base64.b64decode(found[2])
    try:
        request = json.loads(raw.rstrip(b"\0"))
    except ValueError:
        return text
    changed = change(request)
    if changed == request:
        return text
    separators = (", ", ": ") if b'": ' in raw else (",", ":")
    fresh = json.dumps(changed, separators=separators).encode() + raw[len(raw.rstrip(b"\0")) :]
    buffer = f"<buflen>{len(fresh)}</buflen>{found[1]}<buf>{base64.b64encode(fresh).decode()}</buf>"
    return text[: found.start()] + buffer + text[found.end() :]


def authenticated(
    request: dict[str, Any], dialogue: Dialogue, variables: Variables, credentials: Credentials
) -> dict[str, Any]:
    if "digest" not in request:
        return request
    digest = credentials.digest(request["digest"], dialogue.recorded_challenge, dialogue.our_challenge)
    variables.tokens.bind(request["digest"], digest)
    return {**request, "digest": digest, "request_result": dialogue.our_challenge}


def new_password(recorded: str, dialogue: Dialogue) -> str:
    return escape(obfuscated(html.unescape(recorded), dialogue.recorded_challenge, dialogue.our_challenge))
