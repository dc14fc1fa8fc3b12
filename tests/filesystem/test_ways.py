"""The way of a call through the modules, as docs/design.md draws it: measured while the call is made."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pytest
from irods.session import iRODSSession

from irodsfs.mount.operations import Operations
from tests.filesystem.program import PID, served

PACKAGE = Path(__file__).parents[2] / "irodsfs"
FIRST = "mount.boundary"
LONGEST = 10
LARGE = 9 * 1024 * 1024
BLOCK = 128 * 1024

Result = TypeVar("Result")


class Caller:
    """Who makes a request, as the kernel tells it."""

    pid = PID


class Way:
    """Which module has called which, for what runs in the task that carries out a call."""

    def __init__(self) -> None:
        self.longest: tuple[str, ...] = ()
        self.returns: set[tuple[str, ...]] = set()
        self.modules: set[str] = set()

    async def of(self, call: Callable[[], Awaitable[Result]]) -> Result:
        sys.setprofile(self._note)
        try:
            return await call()
        finally:
            sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not module_of(frame):
            return
        chain = tuple(reversed(list(calling(frame))))
        if chain[0] != FIRST:
            return  # another task
        self.modules |= set(chain)
        if len(set(chain)) < len(chain):
            self.returns.add(chain)
        if len(chain) > len(self.longest):
            self.longest = chain


def module_of(frame: FrameType) -> str:
    """The module of the package, empty for any other."""
    file = frame.f_code.co_filename
    return (
        file.removeprefix(f"{PACKAGE}/").removesuffix(".py").replace("/", ".") if file.startswith(f"{PACKAGE}/") else ""
    )


def calling(frame: FrameType | None) -> Iterator[str]:
    """The modules from a frame to the outermost one, those that follow themselves once."""
    last = ""
    while frame is not None:
        module = module_of(frame)
        if module and module != last:
            yield module
            last = module
        frame = frame.f_back


@pytest.fixture
async def ways(session: iRODSSession, home: str, tmp_path: Path) -> dict[str, Way]:
    """The ways of calls on a file system whose caches know nothing yet of what each of them is about."""
    for name, size in (("small", 100), ("large", LARGE), ("target", 10)):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(bytes(size))
    found: dict[str, Way] = {}

    async def go(name: str, call: Callable[[], Awaitable[Result]]) -> Result:
        found[name] = Way()
        return await found[name].of(call)

    async with served(session, home, tmp_path) as file_system:
        mount, who = Operations(file_system), Caller()
        small = await go("lookup", lambda: mount.lookup(1, b"small", who))
        opened = await go("open", lambda: mount.open(small.st_ino, os.O_RDONLY, who))
        await go("read", lambda: mount.read(opened.fh, 0, 100))
        await mount.release(opened.fh)
        large = await mount.lookup(1, b"large", who)
        opened = await go("open of a large file", lambda: mount.open(large.st_ino, os.O_RDONLY, who))
        await go("read of a large file", lambda: mount.read(opened.fh, 0, BLOCK))
        await go("read that goes on", lambda: mount.read(opened.fh, BLOCK, BLOCK))
        await mount.release(opened.fh)
        made, _ = await go("create", lambda: mount.create(1, b"new", 0o100644, os.O_WRONLY | os.O_CREAT, who))
        await go("write", lambda: mount.write(made.fh, 0, bytes(100)))
        await go("flush", lambda: mount.flush(made.fh))
        await go("release", lambda: mount.release(made.fh))
        await go("rename", lambda: mount.rename(1, b"new", 1, b"free", 0, who))
        await go("rename onto a file", lambda: mount.rename(1, b"free", 1, b"target", 0, who))
        await go("setxattr", lambda: mount.setxattr(small.st_ino, b"user.a", b"b", who))
    return found


async def test_each_call_goes_down_through_a_few_modules_and_never_comes_back_to_one(ways: dict[str, Way]) -> None:
    assert {name: way.longest for name, way in ways.items() if len(way.longest) > LONGEST} == {}
    assert {name: way.returns for name, way in ways.items() if way.returns} == {}
    beginning = (FIRST, "mount.operations", "filesystem.file_system")
    assert {name for name, way in ways.items() if way.longest[:3] != beginning} == set()


@pytest.mark.parametrize("room", ["mount", "filesystem", "catalog", "transfer"])
def test_nothing_on_the_way_is_done_by_what_a_class_inherits(room: str) -> None:
    found = [
        f"{file.name}:{node.lineno}"
        for file in sorted((PACKAGE / room).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and node.attr != "__init__"
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "super"
    ]
    assert found == []
