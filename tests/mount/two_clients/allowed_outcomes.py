"""What each call of a mount may end in while other clients change the zone: the table of `docs/semantics.md`, as code.

A change is decided by what is in the zone at that moment; a mount's belief, up to the cache timeout old, answers
questions and finds the way to a name. What a call may end in is a list of alternatives, each with its rule.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.machines import CACHE_TIMEOUT
from tests.mount.two_clients.zone_model import (
    DIRECTORY,
    FILE,
    MISSING,
    ON_THE_WAY,
    WRONG_KINDS,
    Append,
    Change,
    Node,
    Resize,
    Zone,
)

RULES = {
    *("old answer", "missing", "kind", "open file", "replaced", "appended", "untouched", "exclusive", "conflict"),
    *("removed", "told", "written back", "former collection"),
}
"""What `docs/semantics.md` lists; `now` is no rule, but what one machine alone would see."""

GRACE = 1.0
"""Seconds that a call may take on a busy machine after it was answered."""

NOT_TAKEN = frozenset({errno.ESTALE, errno.EEXIST, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EIO})
"""How a program may be told that its bytes could not go where they should, and are kept."""


@dataclass
class OpenFile:
    """What is open of a name on one machine, shared by all handles there.

    `bases` are what the content in the zone may have been that is changed here. It `waits` when it is closed, where
    files are written back; the zone was `unasked` then when it was opened, so it may have had another version. All of
    it was `written_here` since a program has emptied it.
    """

    path: str | None
    bases: set[bytes]
    changes: list[Change] = field(default_factory=list)
    new: bool = False
    emptied: bool = False
    exclusive: bool = False
    lost: bool = False
    waits: bool = False
    unasked: bool = False
    written_here: bool = False
    mtime: int | None = None
    handles: int = 0

    @property
    def is_dirty(self) -> bool:
        return self.path is not None and (self.new or self.emptied or bool(self.changes) or self.mtime is not None)

    @property
    def images(self) -> set[bytes]:
        """What it may hold as seen from here."""
        return {model.changed(base, self.changes) for base in ({b""} if self.emptied else self.bases)}

    def change(self, change: Change) -> None:
        self.changes.append(change)
        self.mtime = None

    def become(self, other: OpenFile) -> None:
        """Its state is that of the other one from now on; handles stay what they are."""
        own = {"handles": self.handles, "waits": self.waits}
        vars(self).update(vars(replace(other, bases=set(other.bases), changes=list(other.changes))) | own)

    def settled(self, *contents: bytes) -> OpenFile:
        """As it is after a flush, with what the zone holds of it now."""
        own = (self.emptied or self.written_here) and len(contents) == 1
        return OpenFile(self.path, set(contents), handles=self.handles, written_here=own)

    def failed(self) -> OpenFile:
        """As it is after a flush that the zone has refused."""
        return replace(self, lost=True, changes=[], emptied=False, mtime=None, bases=self.images | self.bases)


@dataclass
class Alternative:
    """One way in which a call may end: its rule, its outcome, the zone after it, and what has become of open files.

    `kept`: bytes are in the spool, and `irodsfs recover` lists them.
    """

    rule: str
    outcome: object
    zone: Zone
    states: tuple[tuple[OpenFile, OpenFile], ...] = ()
    kept: bool = False

    @property
    def fails(self) -> bool:
        return self.outcome is not None


def as_now(outcome: object, zone: Zone, *states: tuple[OpenFile, OpenFile]) -> Alternative:
    return Alternative("now", outcome, zone, states)


def tried(call: Callable[[], Zone], zone: Zone) -> Alternative:
    """What a call on the zone as it is now ends in."""
    try:
        return as_now(None, call())
    except OSError as error:
        return as_now(error.errno, zone)


@dataclass
class History:
    """What the zone has held, and since when at the earliest."""

    states: list[tuple[float, Zone]]

    def add(self, began: float, zone: Zone) -> None:
        if zone != self.states[-1][1]:
            self.states.append((began, zone))

    def since(self, moment: float) -> Iterator[Zone]:
        """All states of a time; a change has happened at some moment after it began and before the next call."""
        ends = [began for began, _ in self.states[1:]] + [float("inf")]
        return (zone for (_, zone), end in zip(self.states, ends, strict=True) if end >= moment)


class Machine:
    """What one mount may believe, and what is open there."""

    def __init__(self, history: History, *, waits: bool) -> None:
        """What is closed there `waits` where files are written back."""
        self.history = history
        self.waits = waits
        self.known_since: dict[str, float] = {}
        self.attributes_known_since: dict[str, float] = {}
        self.carried: dict[str, tuple[float, set[Node | None]]] = {}
        self.files: list[OpenFile] = []

    def believed(self, path: str, asked: float, *, attributes: bool = False) -> set[Node | None]:
        """What may be believed to be at a path, or of its extended attributes."""
        known = self.attributes_known_since if attributes else self.known_since
        since = max(asked - CACHE_TIMEOUT - GRACE, known.get(path, 0.0))
        nodes: set[Node | None] = {zone.get(path) for zone in self.history.since(since)}
        moment, carried = self.carried.get(path, (0.0, set()))
        if moment >= asked - CACHE_TIMEOUT - GRACE:
            nodes |= carried
        opened = self.file(path)
        if opened is not None:
            nodes |= {Node(FILE, image) for image in opened.images}
            if opened.new and not opened.lost:
                nodes.discard(None)
        return nodes

    def kinds(self, path: str, asked: float) -> set[str]:
        return {MISSING if node is None else node.kind for node in self.believed(path, asked)}

    def file(self, path: str) -> OpenFile | None:
        return next((each for each in self.files if each.path == path), None)

    def view(self, zone: Zone) -> Zone:
        """The zone with what was made here and is not in it yet."""
        made = {each.path: Node(FILE) for each in self.files if each.path is not None and each.new and not each.lost}
        return {**made, **zone}

    def knows(self, moment: float, *paths: str) -> None:
        for path in paths:
            self.known_since[path] = self.attributes_known_since[path] = moment

    def has_found(self, moment: float, path: str) -> None:
        """It was told that a name is taken, which tells nothing of extended attributes."""
        self.known_since[path] = moment

    def astray(self, path: str, call: str, zone: Zone, asked: float) -> list[Alternative]:
        """What a call ends in that does not find its way, as of old the way was another."""
        outcomes: dict[object, str] = {}
        asked_for = set() if call in model.QUESTIONS else {MISSING}
        for each in model.ancestors(path):
            for kind in self.kinds(each, asked) - asked_for:
                if kind in ON_THE_WAY:
                    outcomes[ON_THE_WAY[kind]] = "missing" if kind == MISSING else "kind"
        for kind in self.kinds(path, asked) - asked_for:
            if kind in WRONG_KINDS[call]:
                outcomes[WRONG_KINDS[call][kind]] = "missing" if kind == MISSING else "kind"
        return [Alternative(rule, outcome, zone) for outcome, rule in outcomes.items()]


def flushing(opened: OpenFile, zone: Zone) -> list[Alternative]:
    """What bringing into the zone may end in what was changed here."""
    path = opened.path
    if path is None or not opened.is_dirty:
        told = [Alternative("told", number, zone) for number in NOT_TAKEN] if opened.lost else []
        return [as_now(None, zone), *told]
    regular = list(_flushing(opened, path, zone))
    if not opened.lost:
        return regular
    refused = list(_refused("conflict", NOT_TAKEN, opened, zone, kept=False))
    told_before = [replace(each, kept=False) for each in regular]
    return told_before + refused + ([] if opened.changes else [as_now(None, zone)])


def _flushing(opened: OpenFile, path: str, zone: Zone) -> Iterator[Alternative]:
    there = zone.get(path)
    if any(model.kind(zone, each) != DIRECTORY for each in model.ancestors(path)):
        yield from _refused("conflict", NOT_TAKEN, opened, zone)
    elif there is None:
        yield from _where_nothing_is(opened, path, zone)
    elif there.kind != FILE:
        yield from _refused("conflict", {errno.ESTALE, errno.EISDIR, errno.EEXIST, errno.EIO}, opened, zone)
    elif opened.exclusive:
        yield from _refused("exclusive", {errno.EEXIST}, opened, zone)
    else:
        yield from _onto(opened, path, there, zone)


def _where_nothing_is(opened: OpenFile, path: str, zone: Zone) -> Iterator[Alternative]:
    if opened.new:
        yield from (_made("now", opened, path, image, zone) for image in opened.images)
    elif opened.emptied or opened.written_here:
        yield from (_made("removed", opened, path, image, zone) for image in opened.images)
    elif not opened.changes:
        yield Alternative("removed", None, zone, ((opened, replace(opened, mtime=None)),))
        yield from _refused("removed", {errno.ESTALE, errno.ENOENT}, opened, zone)
    elif all(isinstance(change, Append) for change in opened.changes):
        yield _made("removed", opened, path, model.changed(b"", opened.changes), zone)
    else:
        yield from _refused("removed", {errno.ESTALE}, opened, zone)


def _onto(opened: OpenFile, path: str, there: Node, zone: Zone) -> Iterator[Alternative]:
    if opened.emptied:
        yield from (_put("replaced", opened, path, image, zone) for image in opened.images)
        if opened.waits and (opened.unasked or there.content not in opened.bases):
            yield from _refused("conflict", {errno.ESTALE}, opened, zone)
    elif not opened.changes:
        touched = zone if opened.mtime is None else zone | {path: replace(there, mtime=opened.mtime)}
        yield Alternative("untouched", None, touched, ((opened, opened.settled(there.content)),))
    elif all(isinstance(change, Append) for change in opened.changes):
        yield _put("appended", opened, path, model.changed(there.content, opened.changes), zone)
    else:
        yield from _changed(opened, path, there, zone)


def _changed(opened: OpenFile, path: str, there: Node, zone: Zone) -> Iterator[Alternative]:
    if there.content in opened.bases and not opened.new:
        yield _put("now", opened, path, model.changed(there.content, opened.changes), zone)
    if opened.new or opened.bases != {there.content}:
        yield from _refused("conflict", {errno.ESTALE}, opened, zone)
        if opened.written_here or Resize(0) in opened.changes:
            yield from (_put("replaced", opened, path, image, zone) for image in opened.images)
    if opened.images & opened.bases:  # the change changes nothing
        after = zone | {path: replace(there, mtime=None)}
        yield as_now(None, after, (opened, opened.settled(there.content, *opened.images)))


def _made(rule: str, opened: OpenFile, path: str, content: bytes, zone: Zone) -> Alternative:
    after = zone | {path: Node(FILE, content, mtime=opened.mtime)}
    return Alternative(rule, None, after, ((opened, opened.settled(content)),))


def _put(rule: str, opened: OpenFile, path: str, content: bytes, zone: Zone) -> Alternative:
    after = zone | {path: replace(zone[path], content=content, mtime=opened.mtime)}
    seen = opened.images if rule == "appended" else ()
    return Alternative(rule, None, after, ((opened, opened.settled(content, *seen)),))


def _refused(
    rule: str, numbers: Iterable[int], opened: OpenFile, zone: Zone, *, kept: bool = True
) -> Iterator[Alternative]:
    state = ((opened, opened.failed()),)
    return (Alternative(rule, number, zone, state, kept=kept and bool(opened.changes)) for number in numbers)


def brought_first(opened: OpenFile | None, zone: Zone, then: Callable[[Zone], Zone]) -> list[Alternative]:
    """What a call may end in that needs in the zone what was made here."""
    if opened is None or not (opened.new or opened.emptied):
        return [tried(lambda: then(zone), zone)]
    found = [] if opened.new else [tried(lambda: then(zone), zone)]
    for brought in flushing(opened, zone):
        if brought.fails:
            found.append(replace(brought, kept=False, states=((opened, replace(opened, lost=True)),)))
        else:
            after = tried(lambda zone=brought.zone: then(zone), brought.zone)  # type: ignore[misc]
            found.append(replace(after, states=brought.states, rule=brought.rule))
    return found
