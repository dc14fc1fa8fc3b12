"""Replies to API requests, as messages."""

from __future__ import annotations

from irodsfs.sandbox.protocol.wire import Message, Struct, encode


def reply_message(
    body: Struct | None, status: int = 0, bs: bytes = b"", errors: tuple[tuple[int, str], ...] = ()
) -> Message:
    """An API reply."""
    return Message("RODS_API_REPLY", status, encode(body) if body else b"", error_stack(errors), bs)


def with_source_lines(name: str, told: str) -> str:
    """A message as servers write it that pass an error up through their functions, most of which say nothing of it."""
    places = (("rsApiHandler.cpp:101", "call(x)", ""), ("irods_resource_plugin.cpp:81", "resolve(x)", told))
    lines = (
        f"[-]\t/irods_source/server/core/src/{place}:irods::error {function} :  status [{name}]"
        f"  errno [] -- message [{message}]\n"
        for place, function, message in places
    )
    return told if " -- message [" in told else "\n\n" + "\t".join(lines) + "\n"


def error_stack(errors: tuple[tuple[int, str], ...]) -> bytes:
    """An RError_PI of these (status, message) pairs, nothing when there are none."""
    if not errors:
        return b""
    entries = [("RErrMsg_PI", Struct("RErrMsg_PI", ("status", status), ("msg", text))) for status, text in errors]
    return encode(Struct("RError_PI", ("count", len(errors)), *entries))
