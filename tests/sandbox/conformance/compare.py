"""Comparing: in what our reply differs from the recorded one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from irodsfs.sandbox.protocol.error_numbers import ProtocolError
from irodsfs.sandbox.protocol.wire import Message
from tests.sandbox.conformance.document import Document, Leaf, document
from tests.sandbox.conformance.normalise import Variables
from tests.sandbox.conformance.recording import KEPT, Event


@dataclass(frozen=True)
class Difference:
    """One value that should be equal and is not."""

    where: str
    recorded: str
    ours: str

    def __str__(self) -> str:
        return f"{self.where}: recorded {self.recorded!r}, ours {self.ours!r}"


def differences(request: Message | None, recorded: Event, ours: Message, variables: Variables) -> list[Difference]:
    """Everything that our reply to a request has other than the recorded reply."""
    found = list(header_differences(recorded, ours))
    try:
        expected, actual = document(request, recorded.message), document(request, ours)
    except ProtocolError as error:
        return [*found, Difference("body", "a packed struct", str(error))]
    found += leaf_differences(expected.leaves, actual.leaves, variables)
    return found + list(row_differences(expected, actual, variables))


def header_differences(recorded: Event, ours: Message) -> Iterator[Difference]:
    message = recorded.message
    if message.type != ours.type:
        yield Difference("type", message.type, ours.type)
    if message.int_info != ours.int_info:
        yield Difference("status", str(message.int_info), str(ours.int_info))
    if recorded.bs_length != len(ours.bs):
        yield Difference("length of the byte stream", str(recorded.bs_length), str(len(ours.bs)))
    if message.bs[:KEPT] != ours.bs[:KEPT]:
        yield Difference("byte stream", repr(message.bs[:KEPT]), repr(ours.bs[:KEPT]))


def leaf_differences(recorded: list[Leaf], ours: list[Leaf], variables: Variables) -> Iterator[Difference]:
    unseen = {leaf.path: leaf for leaf in ours}
    for leaf in recorded:
        own = unseen.pop(leaf.path, None)
        if own is None:
            yield Difference(leaf.path, leaf.text, "(nothing)")
        elif not variables.agree(leaf.kind, leaf.text, own.text):
            yield Difference(leaf.path, leaf.text, own.text)
    yield from (Difference(leaf.path, "(nothing)", leaf.text) for leaf in unseen.values())
    paths, own_paths = ([leaf.path for leaf in leaves] for leaves in (recorded, ours))
    if paths != own_paths and sorted(paths) == sorted(own_paths):
        yield Difference("order of members", str(paths), str(own_paths))


def row_differences(recorded: Document, ours: Document, variables: Variables) -> Iterator[Difference]:
    expected, actual = recorded.rows, ours.rows
    if len(expected) != len(actual):
        yield Difference("rows", shown(expected), shown(actual))
        return
    if not recorded.ordered:
        expected = sorted(expected, key=lambda row: recorded_key(row, variables))
        actual = sorted(actual, key=lambda row: our_key(row, variables))
    for row, own in zip(expected, actual, strict=True):
        if len(row) != len(own):
            yield Difference("columns", shown([row]), shown([own]))
        for leaf, value in zip(row, own, strict=False):
            if not variables.agree(leaf.kind, leaf.text, value.text):
                yield Difference(leaf.path, leaf.text, value.text)


def recorded_key(row: tuple[Leaf, ...], variables: Variables) -> tuple[list[str], list[str]]:
    return [variables.sortable(leaf.kind, leaf.text) for leaf in row], [leaf.text for leaf in row]


def our_key(row: tuple[Leaf, ...], variables: Variables) -> tuple[list[str], list[str]]:
    return [variables.sortable_ours(leaf.kind, leaf.text) for leaf in row], [leaf.text for leaf in row]


def shown(rows: list[tuple[Leaf, ...]]) -> str:
    lines = [" | ".join(leaf.text for leaf in row) for row in rows]
    return f"{len(rows)} rows: " + "; ".join(lines)
