"""Calls on handles."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hypothesis.stateful import Bundle, consumes, multiple, rule

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.allowed_naming import opening
from tests.mount.two_clients.allowed_outcomes import (
    NOT_TAKEN,
    Alternative,
    as_now,
    flushing,
)
from tests.mount.two_clients.clients import Clients, Handle, outcome
from tests.mount.two_clients.strategies import contents, machines, open_flags, paths, seconds, sizes
from tests.mount.two_clients.zone_model import FILE, MISSING, Append, Resize, Write


class OpenFiles(Clients):
    """Opening, and what is done with handles."""

    handles: Bundle[Handle] = Bundle("handles")

    @rule(target=handles, machine=machines, path=paths, flags=open_flags)
    def open(self, machine: int, path: str, flags: int) -> object:
        allowed = opening(self.clients[machine], self.zone, path, flags)
        numbers: list[Any] = []

        def call() -> object:
            number = self.calls[machine].open(path, flags)
            if number is None:
                return "directory"
            numbers.append(number)
            return None

        with self.closing(machine, numbers):
            chosen = self.act(machine, call, allowed, path)
        if not numbers:
            return multiple()
        return self.opened(Handle(machine, self.calls[machine], numbers[0], chosen.states[0][0], flags))

    @contextmanager
    def closing(self, machine: int, numbers: list[Any]) -> Iterator[None]:
        """What was opened in a block that fails does not stay open."""
        try:
            yield
        except BaseException:
            for number in numbers:
                outcome(lambda number=number: self.calls[machine].close(number))  # type: ignore[misc]
            raise

    def opened(self, handle: Handle) -> Handle:
        client = self.clients[handle.machine]
        if handle.opened not in client.files:
            client.files.append(handle.opened)
            handle.opened.waits = client.waits
        handle.opened.handles += 1
        self.open_handles.append(handle)
        return handle

    @rule(target=handles, handle=handles)
    def duplicate(self, handle: Handle) -> Handle:
        return self.opened(
            Handle(handle.machine, handle.calls, handle.calls.dup(handle.number), handle.opened, handle.flags)
        )

    @rule(handle=consumes(handles))
    def close(self, handle: Handle) -> None:
        opened, client = handle.opened, self.clients[handle.machine]
        self.open_handles.remove(handle)
        allowed = self.deferred(flushing(opened, self.zone))
        self.act(
            handle.machine,
            lambda: handle.calls.close(handle.number),
            allowed,
            *([opened.path] if opened.path and opened.is_dirty else []),
        )
        opened.handles -= 1
        if not opened.handles:
            client.files = [each for each in client.files if each is not opened]

    @rule(handle=handles)
    def fsync(self, handle: Handle) -> None:
        allowed = flushing(handle.opened, self.zone)
        for each in allowed:
            if each.fails and each.states:  # tried again by close, which keeps the bytes
                each.states, each.kept = ((handle.opened, replace(handle.opened, lost=True)),), False
        self.act(handle.machine, lambda: handle.calls.fsync(handle.number), allowed)

    @rule(handle=handles, offset=sizes, content=contents)
    def write(self, handle: Handle, offset: int, content: bytes) -> None:
        change = Append(content) if handle.flags & os.O_APPEND else Write(offset, content)
        self.change(handle, change, lambda: self.written(handle, content, offset))

    def written(self, handle: Handle, content: bytes, offset: int) -> None:
        assert handle.calls.pwrite(handle.number, content, offset) == len(content)

    @rule(handle=handles, size=sizes)
    def ftruncate(self, handle: Handle, size: int) -> None:
        self.change(handle, Resize(size), lambda: handle.calls.ftruncate(handle.number, size), errno.EINVAL)

    def change(
        self, handle: Handle, change: model.Change, call: Callable[[], object], refused: int = errno.EBADF
    ) -> None:
        if not handle.writable:
            self.act(handle.machine, call, [as_now(refused, self.zone)])
            return
        allowed = [as_now(None, self.zone), *self.stale(handle)]
        if not self.act(handle.machine, call, allowed).fails:
            handle.opened.change(change)

    def stale(self, handle: Handle) -> list[Alternative]:
        """What a handle may end in of which the name is something else by now, or whose bytes were refused before."""
        opened = handle.opened
        there = model.kind(self.zone, opened.path) if opened.path is not None else FILE
        if opened.lost or (there not in (FILE, MISSING)):
            return [Alternative("conflict", number, self.zone) for number in NOT_TAKEN]
        return []

    @rule(handle=handles, offset=sizes, size=sizes)
    def read(self, handle: Handle, offset: int, size: int) -> None:
        opened = handle.opened
        allowed: set[object] = {image[offset : offset + size] for image in opened.images}
        if not handle.readable:
            allowed = {errno.EBADF}
        elif opened.lost or self.stale(handle):
            return
        self.answered(allowed, lambda: handle.calls.pread(handle.number, size, offset))

    @rule(handle=handles)
    def fstat(self, handle: Handle) -> None:
        if not self.stale(handle):
            there = self.zone.get(handle.opened.path or "")
            seen = handle.opened.images | ({there.content} if there is not None else set())
            self.answered({len(image) for image in seen}, lambda: handle.calls.fsize(handle.number))

    @rule(handle=handles, time=seconds)
    def futimens(self, handle: Handle, time: int) -> None:
        opened, zone = handle.opened, self.zone
        call = lambda: handle.calls.futime(handle.number, time)  # noqa: E731
        path = opened.path
        kind = FILE if path is None else model.kind(zone, path)
        if path is not None and kind == FILE and not opened.is_dirty:
            self.act(handle.machine, call, [as_now(None, model.set_time(zone, path, time)), *self.stale(handle)])
            return
        missing = [Alternative("removed", number, zone) for number in (errno.ENOENT, errno.ESTALE)]
        allowed = [as_now(None, zone), *self.stale(handle), *(missing if kind == MISSING else [])]
        if not self.act(handle.machine, call, allowed).fails and opened.is_dirty:
            opened.mtime = time
