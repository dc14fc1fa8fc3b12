"""A plain model of what a zone holds and of what calls do to it, without any zone, mount or cache.

A zone is a dictionary from paths to nodes; a call on it answers the zone after it, or raises OSError.
Symbolic links always dangle here, so whatever follows one ends in ENOENT.
"""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

FILE, DIRECTORY, LINK = "file", "directory", "link"
MISSING = "missing"


@dataclass(frozen=True)
class Node:
    """`content` of a link is what it names. `mtime` in seconds, `id` of a data object: None for any."""

    kind: str
    content: bytes = b""
    avus: frozenset[tuple[str, str]] = frozenset()
    mtime: int | None = None
    id: int | None = None

    def __repr__(self) -> str:
        content = f"{self.content[:16]!r}..{len(self.content)}" if len(self.content) > 24 else repr(self.content)
        return f"<{self.kind} {self.id} {content} {self.mtime} {sorted(self.avus)}>"


Zone = dict[str, Node]

NEW_DIRECTORY = Node(DIRECTORY)


def failure(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)


def kind(zone: Zone, path: str) -> str:
    return DIRECTORY if not path else zone[path].kind if path in zone else MISSING


def ancestors(path: str) -> Iterator[str]:
    """The directories in which a path lies, the outermost first."""
    names = path.split("/")[:-1]
    return ("/".join(names[: number + 1]) for number in range(len(names)))


def children(zone: Zone, path: str) -> set[str]:
    return {posixpath.basename(each) for each in zone if posixpath.dirname(each) == path}


ON_THE_WAY = {MISSING: errno.ENOENT, LINK: errno.ENOENT, FILE: errno.ENOTDIR}
"""What a path ends in of which something else than a directory is a part."""


def walk(zone: Zone, path: str) -> str:
    """The kind of what is at a path. Raises what a call ends in that can't get there."""
    for each in ancestors(path):
        if (found := kind(zone, each)) != DIRECTORY:
            raise failure(ON_THE_WAY[found], each)
    return kind(zone, path)


def walk_to_free(zone: Zone, path: str) -> None:
    if walk(zone, path) != MISSING:
        raise failure(errno.EEXIST, path)


WRONG_KINDS = {
    "unlink": {MISSING: errno.ENOENT, DIRECTORY: errno.EISDIR},
    "rmdir": {MISSING: errno.ENOENT, FILE: errno.ENOTDIR, LINK: errno.ENOTDIR},
    "look": {MISSING: errno.ENOENT, LINK: errno.ENOENT},
    "list": {MISSING: errno.ENOENT, LINK: errno.ENOENT, FILE: errno.ENOTDIR},
    "open": {MISSING: errno.ENOENT, LINK: errno.ENOENT},
    "write": {MISSING: errno.ENOENT, LINK: errno.ENOENT, DIRECTORY: errno.EISDIR},
    "create": {LINK: errno.ENOENT, DIRECTORY: errno.EISDIR},
    "rename": {MISSING: errno.ENOENT},
    "change": {MISSING: errno.ENOENT, LINK: errno.ENOENT},
    "make": {},
    "name": {},
}
"""What calls end in, by the kind of what they are about."""

QUESTIONS = {"look", "list", "open", "name"}
"""Calls that change nothing: what is missing for them was so at some time."""


def walk_to(zone: Zone, path: str, call: str) -> Node:
    """What is at a path and fits a call."""
    found = walk(zone, path)
    if found in WRONG_KINDS[call]:
        raise failure(WRONG_KINDS[call][found], path)
    return zone[path]


def make_directory(zone: Zone, path: str) -> Zone:
    walk_to_free(zone, path)
    return zone | {path: NEW_DIRECTORY}


def make_link(zone: Zone, path: str, target: bytes) -> Zone:
    walk_to_free(zone, path)
    return zone | {path: Node(LINK, target)}


def put(zone: Zone, path: str, content: bytes) -> Zone:
    """Give an object this content, new or not."""
    before = zone.get(path, Node(FILE))
    return zone | {path: replace(before, content=content, mtime=None)}


def unlink(zone: Zone, path: str) -> Zone:
    walk_to(zone, path, "unlink")
    return without(zone, path)


def without(zone: Zone, path: str) -> Zone:
    return {each: node for each, node in zone.items() if each != path}


def remove_directory(zone: Zone, path: str) -> Zone:
    walk_to(zone, path, "rmdir")
    if children(zone, path):
        raise failure(errno.ENOTEMPTY, path)
    return without(zone, path)


def rename(zone: Zone, old: str, new: str, *, replaces: bool = True) -> Zone:
    for each in (old, new):
        walk(zone, each)
    source = walk_to(zone, old, "rename")
    target = zone.get(new)
    if target is not None and not replaces:
        raise failure(errno.EEXIST, new)
    if new.startswith(f"{old}/"):
        raise failure(errno.EINVAL, new)
    if old.startswith(f"{new}/"):
        raise failure(errno.ENOTEMPTY, new)
    if old == new:
        return zone
    if target is not None:
        check_replaceable(zone, source, new, target)
    return moved(zone, old, new)


def check_replaceable(zone: Zone, source: Node, new: str, target: Node) -> None:
    if source.kind == DIRECTORY and target.kind != DIRECTORY:
        raise failure(errno.ENOTDIR, new)
    if source.kind != DIRECTORY and target.kind == DIRECTORY:
        raise failure(errno.EISDIR, new)
    if children(zone, new):
        raise failure(errno.ENOTEMPTY, new)


def moved(zone: Zone, old: str, new: str) -> Zone:
    """A file takes over the AVUs of the one that it replaces, unless it has some of its own."""
    source, target = zone[old], zone.get(new)
    if target is not None and source.kind == target.kind == FILE:
        source = replace(source, avus=source.avus or target.avus, id=None)
    elif target is not None:
        source = replace(source, id=None)
    rest = {each: node for each, node in zone.items() if each not in (old, new) and not each.startswith(f"{old}/")}
    below = {new + each[len(old) :]: node for each, node in zone.items() if each.startswith(f"{old}/")}
    return rest | below | {new: source}


def set_time(zone: Zone, path: str, seconds: int) -> Zone:
    node = walk_to(zone, path, "look")
    return zone | {path: replace(node, mtime=seconds)} if node.kind == FILE else zone


def set_attribute(zone: Zone, path: str, name: str, value: str) -> Zone:
    node = walk_to(zone, path, "look")
    others = {avu for avu in node.avus if avu[0] != name}
    return zone | {path: replace(node, avus=frozenset(others | {(name, value)}))}


def remove_attribute(zone: Zone, path: str, name: str) -> Zone:
    node = walk_to(zone, path, "look")
    if name not in dict(node.avus):
        raise failure(errno.ENODATA, path)
    return zone | {path: replace(node, avus=frozenset(avu for avu in node.avus if avu[0] != name))}


def same(expected: Zone, observed: Zone) -> bool:
    """Whether a zone is as it should be, in all that is known of how it should be."""
    return expected.keys() == observed.keys() and all(is_like(expected[path], observed[path]) for path in expected)


def is_like(expected: Node, observed: Node) -> bool:
    return (
        (expected.kind, expected.content, expected.avus) == (observed.kind, observed.content, observed.avus)
        and expected.mtime in (None, observed.mtime)
        and expected.id in (None, observed.id)
    )


@dataclass(frozen=True)
class Write:
    offset: int
    content: bytes

    def on(self, before: bytes) -> bytes:
        start = before.ljust(self.offset, b"\0")
        return start[: self.offset] + self.content + start[self.offset + len(self.content) :]


@dataclass(frozen=True)
class Append:
    content: bytes

    def on(self, before: bytes) -> bytes:
        return before + self.content


@dataclass(frozen=True)
class Resize:
    size: int

    def on(self, before: bytes) -> bytes:
        return before[: self.size].ljust(self.size, b"\0")


Change = Write | Append | Resize


def changed(content: bytes, changes: list[Change]) -> bytes:
    for change in changes:
        content = change.on(content)
    return content
