"""How two mounts and a plain client are watched, step by step."""

from __future__ import annotations

import errno
import os
import posixpath
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import event
from hypothesis.stateful import RuleBasedStateMachine
from irods.session import iRODSSession

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.allowed_outcomes import (
    RULES,
    Alternative,
    History,
    Machine,
    OpenFile,
)
from tests.mount.two_clients.machines import CACHE_TIMEOUT
from tests.mount.two_clients.system_calls import SystemCalls
from tests.mount.two_clients.zone_model import DIRECTORY, FILE, LINK, Node, Zone
from tests.mount.two_clients.zone_snapshot import snapshot

NAMES = ["a", "b", "c d"]
NOWHERE = b"no/such"


@dataclass(eq=False)
class Handle:
    machine: int
    calls: SystemCalls
    number: Any
    opened: OpenFile
    flags: int

    @property
    def writable(self) -> bool:
        return self.flags & os.O_ACCMODE != os.O_RDONLY

    @property
    def readable(self) -> bool:
        return self.flags & os.O_ACCMODE != os.O_WRONLY


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except OSError as error:
        return error.errno


def named(found: object) -> object:
    return errno.errorcode.get(found, found) if isinstance(found, int) else found


class Clients(RuleBasedStateMachine):
    """Each rule lets one client do one thing."""

    machines: Sequence[SystemCalls]
    session: iRODSSession
    home: str
    places: Iterator[str]
    write_back: bool
    posix: bool
    seen: list[tuple[str, Zone]]

    def __init__(self) -> None:
        super().__init__()
        self.name = next(self.places)
        if not self.session.collections.exists(f"{self.home}/{self.name}"):
            self.session.collections.create(f"{self.home}/{self.name}")
            for each in self.machines:
                agree(each.below(self.name), {})
        self.collection = f"{self.home}/{self.name}"
        self.calls = [each.below(self.name) for each in self.machines]
        self.zone: Zone = {}
        self.history = History([(time.monotonic(), {})])
        self.clients = [Machine(self.history, waits=self.write_back) for _ in self.machines]
        self.open_handles: list[Handle] = []
        self.is_sound = True
        self.former: set[str] = set()

    # How a step is checked

    @contextmanager
    def sound(self) -> Iterator[None]:
        """A check in the block that fails ends the example."""
        self.is_sound = False
        yield
        self.is_sound = True

    def act(self, machine: int, call: Callable[[], object], allowed: list[Alternative], *paths: str) -> Alternative:
        """Let a machine do something; the end must be one that is allowed, in the zone as well."""
        began = time.monotonic()
        kept_before = self.machines[machine].kept()
        found = outcome(call)
        ended = time.monotonic()
        if self.write_back:
            for each in self.machines:
                each.written_back()
        observed = snapshot(self.session, self.collection)
        with self.sound():
            chosen = self.chosen([*allowed, *self.in_the_way(allowed)], found, observed)
            assert not chosen.kept or self.machines[machine].kept() > kept_before, f"{chosen.rule}: no bytes are kept"
            assert chosen.rule in {"now", *RULES}
        event(f"rule: {chosen.rule}")
        for opened, state in chosen.states:
            opened.become(state)
        if found is None:
            self.clients[machine].knows(ended, *paths)
        self.adopt(began, observed)
        return chosen

    def chosen(self, allowed: list[Alternative], found: object, observed: Zone) -> Alternative:
        for each in allowed:
            if each.outcome == found and model.same(each.zone, observed):
                return each
        shown = "\n".join(f"  {each.rule}: {named(each.outcome)}, {each.zone}" for each in allowed)
        raise AssertionError(f"ended in {named(found)}, {observed}\nbefore: {self.zone}\nallowed:\n{shown}")

    def in_the_way(self, allowed: list[Alternative]) -> Iterator[Alternative]:
        """What happens where a vault keeps the directory of a collection that had the name of a new file."""
        for each in allowed:
            new = {path for path in each.zone.keys() - self.zone.keys() if each.zone[path].kind != DIRECTORY}
            if new & self.former:
                states = tuple((opened, opened.failed()) for opened, _ in each.states)
                for outcome in (errno.EEXIST, *([None] if self.write_back else [])):
                    yield Alternative("former collection", outcome, self.zone, states)

    def adopt(self, began: float, observed: Zone) -> None:
        self.zone = observed
        self.former |= {path for path, node in observed.items() if node.kind == DIRECTORY}
        self.history.add(began, observed)
        for client in self.clients:
            for each in client.files:
                there = observed.get(each.path or "")
                if there is not None and there.kind == FILE and not each.is_dirty:
                    shortest = min(len(base) for base in each.bases)
                    each.bases |= {there.content} if len(there.content) > shortest else set()

    def answered(self, allowed: set[object], call: Callable[[], object]) -> None:
        """Let a machine ask something; answers may be old."""
        found = outcome(call)
        with self.sound():
            assert found in allowed, f"{named(found)}, allowed: {list(map(named, allowed))}\nzone: {self.zone}"

    def deferred(self, allowed: list[Alternative]) -> list[Alternative]:
        """What is closed is written back later: who closed it is not told then what becomes of it."""
        if not self.write_back:
            return allowed
        return allowed + [Alternative("written back", None, each.zone, each.states) for each in allowed if each.fails]

    def teardown(self) -> None:
        try:
            while self.open_handles and self.is_sound:
                self.close(self.open_handles[0])
        finally:
            for handle in self.open_handles:
                outcome(lambda handle=handle: handle.calls.close(handle.number))  # type: ignore[misc]
        self.seen.append((self.name, self.zone))


def agree(root: SystemCalls, zone: Zone) -> None:
    """Return when a machine shows what is in the zone, as it must when its beliefs have had their time."""
    deadline = time.monotonic() + 2 * CACHE_TIMEOUT
    expected = {path: shown_node(node) for path, node in zone.items()}
    while shown_tree(root) != expected:
        assert time.monotonic() < deadline, f"{shown_tree(root)} instead of {zone}"


def shown_tree(root: SystemCalls, below: str = "") -> dict[str, object] | None:
    """What a machine shows, or in which errnos that ends, as what is listed may be gone when it is read."""
    names = outcome(lambda: root.listdir(below))
    if not isinstance(names, list):
        return None
    shown: dict[str, object] = {}
    for path in [posixpath.join(below, name) for name in names]:
        shown[path] = outcome(lambda path=path: shown_entry(root, path))  # type: ignore[misc]
        shown |= shown_tree(root, path) or {}
    return shown


def shown_entry(root: SystemCalls, path: str) -> object:
    kind, size = root.lstat(path)
    if kind == LINK:
        return LINK, root.readlink(path), frozenset()
    avus = frozenset((name.removeprefix("user."), root.getxattr(path, name)) for name in root.listxattr(path))
    return kind, read_whole(root, path, size) if kind == FILE else b"", avus


def read_whole(root: SystemCalls, path: str, size: int) -> bytes:
    opened = root.open(path, os.O_RDONLY)
    if opened is None:
        raise IsADirectoryError(errno.EISDIR, path)
    try:
        return root.pread(opened, size + 1, 0)
    finally:
        root.close(opened)


def shown_node(node: Node) -> object:
    return node.kind, node.content, frozenset((name, value.encode()) for name, value in node.avus)
