"""Calls that change names, and what is known of them."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.allowed_naming import Renaming
from tests.mount.two_clients.allowed_outcomes import (
    Alternative,
    Machine,
    as_now,
    brought_first,
    flushing,
    tried,
)
from tests.mount.two_clients.clients import NOWHERE, Clients
from tests.mount.two_clients.strategies import attributes, machines, paths, seconds, sizes, values
from tests.mount.two_clients.system_calls import SystemCalls
from tests.mount.two_clients.zone_model import FILE, Node, Resize, Zone


class Names(Clients):
    """Calls that change names, and what is known of them."""

    @rule(machine=machines, path=paths)
    def mkdir(self, machine: int, path: str) -> None:
        self.make(machine, path, lambda calls: calls.mkdir(path), lambda zone: model.make_directory(zone, path))

    @rule(machine=machines, path=paths)
    def mknod(self, machine: int, path: str) -> None:
        def made(zone: Zone) -> Zone:
            model.walk_to_free(zone, path)
            return zone | {path: Node(FILE)}

        self.make(machine, path, lambda calls: calls.mknod(path), made)

    @rule(machine=machines, path=paths)
    def symlink(self, machine: int, path: str) -> None:
        not_at_all = [] if self.posix else [as_now(each, self.zone) for each in (errno.EPERM, errno.EEXIST)]
        self.make(
            machine,
            path,
            lambda calls: calls.symlink(NOWHERE, path),
            lambda zone: model.make_link(zone, path, NOWHERE),
            *not_at_all,
        )

    def make(
        self,
        machine: int,
        path: str,
        call: Callable[[SystemCalls], object],
        made: Callable[[Zone], Zone],
        *others: Alternative,
    ) -> None:
        client = self.clients[machine]
        opened = client.file(path)
        zone = self.zone
        asked = time.monotonic()
        if opened is not None and opened.new:
            allowed = [as_now(errno.EEXIST, zone)]
            if opened.lost:
                allowed.append(tried(lambda: made(zone), zone))
        else:
            allowed = [tried(lambda: made(zone), zone)]
            if opened is not None and opened.is_dirty:
                allowed.append(Alternative("open file", errno.EEXIST, zone))
        allowed += [*client.astray(path, "make", zone, asked), *others]
        ended = self.act(machine, lambda: call(self.calls[machine]), allowed, path)
        if ended.outcome == errno.EEXIST:
            client.has_found(time.monotonic(), path)

    @rule(machine=machines, path=paths)
    def unlink(self, machine: int, path: str) -> None:
        client, zone, asked = self.clients[machine], self.zone, time.monotonic()
        opened = client.file(path)
        allowed = [tried(lambda: model.unlink(zone, path), zone), *client.astray(path, "unlink", zone, asked)]
        if opened is not None and opened.new:
            if not opened.lost:
                allowed = []
            allowed += [as_now(None, zone), as_now(None, model.without(zone, path))]
        known = [] if opened is not None and opened.new else [path]  # only what was made here is known to be gone then
        ended = self.act(machine, lambda: self.calls[machine].unlink(path), allowed, *known)
        if not ended.fails and opened is not None:
            opened.path = None

    @rule(machine=machines, path=paths)
    def rmdir(self, machine: int, path: str) -> None:
        client, zone, asked = self.clients[machine], self.zone, time.monotonic()
        allowed = [*client.astray(path, "rmdir", zone, asked)]
        made_here = [each for each in client.files if each.new and (each.path or "").startswith(f"{path}/")]
        if made_here:
            allowed.append(as_now(errno.ENOTEMPTY, zone))
        if all(each.lost for each in made_here):
            allowed.append(tried(lambda: model.remove_directory(zone, path), zone))
        self.act(machine, lambda: self.calls[machine].rmdir(path), allowed, path)

    @rule(machine=machines, old=paths, new=paths, replaces=st.sampled_from([True, True, False]))
    def rename(self, machine: int, old: str, new: str, replaces: bool) -> None:
        client = self.clients[machine]
        renaming = Renaming(client, self.zone, old, new, replaces=replaces)
        allowed = list(renaming.allowed())
        call = lambda: self.calls[machine].rename(old, new, replaces=replaces)  # noqa: E731
        believed = client.believed(old, time.monotonic()) - {None}
        if not self.act(machine, call, allowed, old, new).fails and old != new:
            renaming.done()
            client.carried[new] = (time.monotonic(), believed)  # Linux believes it of the new name now

    @rule(machine=machines, path=paths, size=sizes)
    def truncate(self, machine: int, path: str, size: int) -> None:
        client, zone, asked = self.clients[machine], self.zone, time.monotonic()
        opened = client.file(path)
        allowed = client.astray(path, "write", zone, asked)
        if opened is not None and opened.is_dirty:
            cut = replace(opened, changes=[*opened.changes, Resize(size)], mtime=None)
            found = flushing(cut, zone)
            for each in found:
                each.states = tuple((opened, state) for _, state in each.states)
            allowed += self.deferred(found)
        else:
            try:
                there = model.walk_to(zone, path, "write")
                after = model.put(zone, path, Resize(size).on(there.content))
                states = ((opened, opened.settled(after[path].content)),) if opened is not None else ()
                allowed.append(as_now(None, after, *states))
                if len(there.content) == size:
                    allowed.append(as_now(None, zone, *states))
            except OSError as error:
                allowed.append(as_now(error.errno, zone))
        self.act(machine, lambda: self.calls[machine].truncate(path, size), allowed, path)

    @rule(machine=machines, path=paths, time=seconds)
    def utimens(self, machine: int, path: str, time: int) -> None:
        def call() -> object:
            self.calls[machine].utime(path, time)
            shown = self.calls[machine].mtime(path)
            return None if shown == time else f"shows {shown} instead of {time}"

        client, zone = self.clients[machine], self.zone
        opened = client.file(path)
        allowed = [tried(lambda: model.set_time(zone, path, time), zone), *self.astray(client, path, "change")]
        if opened is not None and opened.is_dirty:
            allowed.append(as_now(None, zone))
        ended = self.act(machine, call, allowed, path)
        if not ended.fails and opened is not None and opened.is_dirty:
            opened.mtime = time

    def astray(self, client: Machine, path: str, call: str) -> list[Alternative]:
        return client.astray(path, call, self.zone, time.monotonic())

    @rule(machine=machines, path=paths, name=attributes, value=values)
    def setxattr(self, machine: int, path: str, name: str, value: str) -> None:
        client = self.clients[machine]
        allowed = brought_first(client.file(path), self.zone, lambda zone: model.set_attribute(zone, path, name, value))
        allowed += self.astray(client, path, "change")
        call = lambda: self.calls[machine].setxattr(path, f"user.{name}", value.encode())  # noqa: E731
        self.act(machine, call, allowed, path)

    @rule(machine=machines, path=paths, name=attributes)
    def removexattr(self, machine: int, path: str, name: str) -> None:
        client = self.clients[machine]
        allowed = brought_first(client.file(path), self.zone, lambda zone: model.remove_attribute(zone, path, name))
        allowed += self.astray(client, path, "change")
        self.act(machine, lambda: self.calls[machine].removexattr(path, f"user.{name}"), allowed, path)
