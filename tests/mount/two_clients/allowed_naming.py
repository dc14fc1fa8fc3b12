"""What opening and renaming may end in while other clients change the zone."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from dataclasses import replace

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.allowed_outcomes import Alternative, Machine, OpenFile, as_now, flushing, tried
from tests.mount.two_clients.zone_model import DIRECTORY, FILE, LINK, MISSING, Zone


def opening(client: Machine, zone: Zone, path: str, flags: int) -> list[Alternative]:
    """What `open` may end in; where it opens a file, the first state tells what is open then."""
    asked = time.monotonic()
    creates, writes = bool(flags & os.O_CREAT), bool(flags & (os.O_ACCMODE | os.O_TRUNC))
    call = "create" if creates else "write" if writes else "open"
    allowed = list(client.astray(path, call, zone, asked))
    if not creates and not writes and DIRECTORY in client.kinds(path, asked):
        allowed.append(Alternative("kind", "directory", zone))
    opened = client.file(path)
    if opened is not None and opened.is_dirty:
        allowed.append(_shared(opened, zone, flags))
        if not opened.new or opened.lost:
            allowed += [each for each in _as_it_is(client, zone, path, flags) if each.fails]
    else:
        allowed += _as_it_is(client, zone, path, flags)
    if client.waits and creates and flags & os.O_TRUNC and client.kinds(path, asked) & {MISSING, FILE}:
        allowed += _not_asked(client, zone, path)
    return allowed


def _not_asked(client: Machine, zone: Zone, path: str) -> Iterator[Alternative]:
    """What is written back and replaces what is there is made without a look into the zone."""
    opened = client.file(path)
    if zone.get(path) is not None and zone[path].kind != FILE and (opened is None or not opened.is_dirty):
        made = OpenFile(path, {b""}, new=True, emptied=True)
        yield Alternative("written back", None, zone, ((opened or OpenFile(path, set()), made),))


def _shared(opened: OpenFile, zone: Zone, flags: int) -> Alternative:
    """What was changed here and is not in the zone yet is what is opened."""
    if flags & os.O_CREAT and flags & os.O_EXCL:
        return Alternative("open file", errno.EEXIST, zone)
    emptied = replace(opened, emptied=True, changes=[], mtime=None)
    return Alternative("open file", None, zone, ((opened, emptied if flags & os.O_TRUNC else opened),))


def _as_it_is(client: Machine, zone: Zone, path: str, flags: int) -> Iterator[Alternative]:
    creates, empties = bool(flags & os.O_CREAT), bool(flags & os.O_TRUNC)
    opened = client.file(path) or OpenFile(path, set())
    lost = opened.lost
    try:
        found = model.walk(zone, path)
    except OSError as error:
        yield as_now(error.errno, zone)
        return
    made = OpenFile(path, {b""}, new=True, emptied=empties, exclusive=bool(flags & os.O_EXCL), lost=lost)
    if creates and flags & os.O_EXCL and found != MISSING:
        yield as_now(errno.EEXIST, zone)
        if MISSING in client.kinds(path, time.monotonic()):
            yield Alternative("exclusive", None, zone, ((opened, made),))
    elif found == FILE:
        unasked = creates and empties and client.believed(path, time.monotonic()) != {zone[path]}
        found_now = OpenFile(path, {zone[path].content}, emptied=empties, lost=lost, unasked=unasked)
        yield as_now(None, zone, (opened, found_now))
    elif found == DIRECTORY:
        yield as_now(errno.EISDIR if creates or empties or flags & os.O_ACCMODE else "directory", zone)
    elif found == LINK or not creates:
        yield as_now(errno.ENOENT, zone)
    else:
        yield as_now(None, zone, (opened, made))


class Renaming:
    """What `rename` may end in on a machine, and what has another name there when it is done."""

    def __init__(self, client: Machine, zone: Zone, old: str, new: str, *, replaces: bool) -> None:
        self.client = client
        self.zone = zone
        self.old = old
        self.new = new
        self.replaces = replaces

    def allowed(self) -> Iterator[Alternative]:
        asked = time.monotonic()
        if self.old == self.new and self.client.kinds(self.old, asked) - {MISSING}:
            yield Alternative("old answer", None, self.zone)
        yield from self._on_view()
        yield from self._on_zone()
        yield from self.client.astray(self.old, "rename", self.zone, asked)
        yield from self.client.astray(self.new, "make", self.zone, asked)
        yield from self._of_other_kinds(asked)

    def _on_view(self) -> Iterator[Alternative]:
        """What it ends in for what was made here and is not in the zone yet."""
        view = self.client.view(self.zone)
        if view != self.zone:
            seen = tried(lambda: self._renamed(view), view)
            if seen.fails:
                yield replace(seen, zone=self.zone)

    def _renamed(self, zone: Zone) -> Zone:
        return model.rename(zone, self.old, self.new, replaces=self.replaces)

    def _on_zone(self) -> Iterator[Alternative]:
        """Files that were made here go into the zone before."""
        starts = [as_now(None, self.zone)]
        for path in (self.old, self.new):
            opened = self.client.file(path)
            if opened is not None and opened.new:
                starts = list(self._brought(opened, starts))
        for start in starts:
            if start.fails:
                yield start
            else:
                ended = tried(lambda zone=start.zone: self._renamed(zone), start.zone)  # type: ignore[misc]
                if not (self._holds_new_ones() and not ended.fails):
                    yield replace(ended, states=start.states)
                else:
                    yield Alternative("open file", errno.ENOTEMPTY, start.zone, start.states)

    def _brought(self, opened: OpenFile, starts: list[Alternative]) -> Iterator[Alternative]:
        for start in starts:
            if start.fails:
                yield start
                continue
            for brought in flushing(opened, start.zone):
                lost = ((opened, replace(opened, lost=True)),)
                states = (*start.states, *(lost if brought.fails else brought.states))
                yield replace(brought, states=states, kept=False)

    def _holds_new_ones(self) -> bool:
        """Whether a file that is made here lies in the directory that would be replaced."""
        inside = f"{self.new}/"
        return any(each.new and not each.lost and (each.path or "").startswith(inside) for each in self.client.files)

    def _of_other_kinds(self, asked: float) -> Iterator[Alternative]:
        olds, news = self.client.kinds(self.old, asked), self.client.kinds(self.new, asked)
        if DIRECTORY in olds and news & {FILE, LINK}:
            yield Alternative("kind", errno.ENOTDIR, self.zone)
        if olds & {FILE, LINK} and DIRECTORY in news:
            yield Alternative("kind", errno.EISDIR, self.zone)
        if DIRECTORY in olds and self.new.startswith(f"{self.old}/"):
            yield Alternative("kind", errno.EINVAL, self.zone)
        if self.old.startswith(f"{self.new}/"):
            yield Alternative("kind", errno.ENOTEMPTY, self.zone)

    def done(self) -> None:
        """What is open of a name that is another kind of thing by now keeps the name."""
        for each in self.client.files:
            if each.path == self.new:
                each.path = None if model.kind(self.zone, self.new) in (FILE, MISSING) else each.path
            elif each.path == self.old and model.kind(self.zone, self.old) == DIRECTORY:
                continue
            elif each.path is not None and f"{each.path}/".startswith(f"{self.old}/"):
                each.path = self.new + each.path[len(self.old) :]
