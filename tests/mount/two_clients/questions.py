"""Questions, and the plain client."""

from __future__ import annotations

import errno
import posixpath
import time
from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule
from irods.meta import iRODSMeta

from tests.mount.two_clients import zone_model as model
from tests.mount.two_clients.allowed_outcomes import (
    Machine,
)
from tests.mount.two_clients.clients import NAMES, Clients, named, outcome
from tests.mount.two_clients.strategies import attributes, contents, machines, paths, values
from tests.mount.two_clients.zone_model import DIRECTORY, FILE, LINK, MISSING, Write, Zone
from tests.mount.two_clients.zone_snapshot import snapshot


class Questions(Clients):
    """What is asked of a mount; answers may be old."""

    @rule(machine=machines, path=paths)
    def look(self, machine: int, path: str) -> None:
        def call() -> object:
            kind, size = self.calls[machine].lstat(path)
            return DIRECTORY if kind == DIRECTORY else (kind == LINK, size)

        client, asked = self.clients[machine], time.monotonic()
        allowed: set[object] = {each.outcome for each in client.astray(path, "name", self.zone, asked)}
        for node in client.believed(path, asked):
            if node is None:
                allowed.add(errno.ENOENT)
            else:
                allowed.add(DIRECTORY if node.kind == DIRECTORY else (node.kind == LINK, len(node.content)))
        self.answered(allowed, call)

    @rule(machine=machines, path=st.one_of(st.just(""), paths))
    def listing(self, machine: int, path: str) -> None:
        client, asked = self.clients[machine], time.monotonic()
        found = outcome(lambda: set(self.calls[machine].listdir(path)))
        with self.sound():
            if isinstance(found, set):
                self.check_listed(client, path, found, asked)
            else:
                wrong = {each.outcome for each in client.astray(path, "list", self.zone, asked)} if path else set()
                assert found in wrong, f"{named(found)}, zone: {self.zone}"

    def check_listed(self, client: Machine, path: str, found: set[str], asked: float) -> None:
        assert found <= set(NAMES)
        for name in NAMES:
            believed = client.believed(f"{path}/{name}" if path else name, asked)
            possible = (believed != {None}) if name in found else (None in believed)
            assert possible, f"{name} in {found}, the listing of {path!r}, zone: {self.zone}"

    @rule(machine=machines, path=paths, name=attributes)
    def getxattr(self, machine: int, path: str, name: str) -> None:
        client, asked = self.clients[machine], time.monotonic()
        allowed: set[object] = {each.outcome for each in client.astray(path, "look", self.zone, asked)}
        for node in client.believed(path, asked, attributes=True):
            if node is not None and node.kind != LINK:
                value = dict(node.avus).get(name)
                allowed.add(errno.ENODATA if value is None else value.encode())
        if client.file(path) is not None:
            allowed.add(errno.ENODATA)
        self.answered(allowed, lambda: self.calls[machine].getxattr(path, f"user.{name}"))


class PlainClient(Clients):
    """What a client without a mount does."""

    def foreign(self, after: Callable[[Zone], Zone], call: Callable[[], object]) -> None:
        """Let the plain client do something, when it makes sense."""
        try:
            expected = after(self.zone)
        except OSError:
            return
        if {path for path in expected.keys() - self.zone.keys() if expected[path].kind == FILE} & self.former:
            return  # a vault may refuse it
        began = time.monotonic()
        call()
        observed = snapshot(self.session, self.collection)
        with self.sound():
            assert model.same(expected, observed), f"{observed} instead of {expected}"
        self.adopt(began, observed)

    def at(self, path: str) -> str:
        return f"{self.collection}/{path}"

    @rule(path=paths, content=contents, mode=st.sampled_from(["w", "a", "r+"]))
    def another_client_writes(self, path: str, content: bytes, mode: str) -> None:
        def after(zone: Zone) -> Zone:
            if model.walk(zone, path) not in (FILE, MISSING) or (mode == "r+" and path not in zone):
                raise model.failure(errno.EISDIR, path)
            before = zone[path].content if path in zone and mode != "w" else b""
            return model.put(zone, path, Write(len(before) if mode == "a" else 0, content).on(before))

        def call() -> None:
            with self.session.data_objects.open(self.at(path), mode) as stream:
                stream.write(content)

        self.foreign(after, call)

    @rule(path=paths)
    def another_client_makes_a_collection(self, path: str) -> None:
        self.foreign(
            lambda zone: model.make_directory(zone, path), lambda: self.session.collections.create(self.at(path))
        )

    @rule(path=paths)
    def another_client_removes(self, path: str) -> None:
        if model.kind(self.zone, path) == DIRECTORY:
            self.foreign(
                lambda zone: model.remove_directory(zone, path),
                lambda: self.session.collections.remove(self.at(path), recurse=False),
            )
        else:
            self.foreign(
                lambda zone: model.unlink(zone, path),
                lambda: self.session.data_objects.unlink(self.at(path), force=True),
            )

    @rule(old=paths, new=paths)
    def another_client_renames(self, old: str, new: str) -> None:
        def after(zone: Zone) -> Zone:
            renamed = model.rename(zone, old, new, replaces=False)
            # A server gives what it moves to another collection the time of that.
            return renamed | {new: replace(renamed[new], mtime=None)} if new in renamed else renamed

        manager = self.session.collections if model.kind(self.zone, old) == DIRECTORY else self.session.data_objects
        in_the_way = posixpath.join(posixpath.dirname(old), posixpath.basename(new))
        if old != new and (in_the_way in (old, new) or in_the_way not in self.zone):  # servers rename before they move
            self.foreign(after, lambda: manager.move(self.at(old), self.at(new)))

    @rule(path=paths, name=attributes, value=values)
    def another_client_describes(self, path: str, name: str, value: str) -> None:
        def call() -> None:
            is_directory = self.zone[path].kind == DIRECTORY
            manager = self.session.collections if is_directory else self.session.data_objects
            manager.get(self.at(path)).metadata[name] = iRODSMeta(name, value)

        self.foreign(lambda zone: model.set_attribute(zone, path, name, value), call)
