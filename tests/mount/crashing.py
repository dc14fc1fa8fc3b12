"""`irodsfs` with one mistake in it: a background task raises an exception that nobody foresees.

`python -m tests.mount.crashing` takes the arguments of `irodsfs`. IRODSFS_CRASH is a directory: the first task of the
kind that is named in its file `kind` crashes as soon as that file is there, and that is told by a file `crashed`. With
"begin" in the file `moment` it crashes before its first line, else at the next place where it waits for something.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from pathlib import Path
from typing import Any

import trio

from irodsfs.cli import main
from irodsfs.grid.background import Background

DIRECTORY = Path(os.environ.get("IRODSFS_CRASH", "/nonexistent"))
BEGIN, WAIT = "begin", "wait"
"""Before its first line, and where it waits for something."""


Task = Callable[..., Awaitable[object]]

_start_soon = trio.Nursery.start_soon


class Crash(Exception):
    """A mistake of ours."""


def kind_of(task: object) -> str:
    """What a task is called here: its function with that of its class, or the function that it is defined in."""
    while isinstance(task, partial):
        task = task.func
    return str(getattr(task, "__qualname__", task))


def arm(directory: Path, kind: str, moment: str) -> None:
    """Let the next task of a kind crash in the process that was started with this directory."""
    (directory / "moment").write_text(moment)
    (directory / "new").write_text(kind)
    (directory / "new").rename(directory / "kind")


def _is_due(kind: str, moment: str) -> bool:
    """True once, of the first task of the armed kind that is at the armed moment."""
    try:
        due = (DIRECTORY / "kind").read_text() == kind and (DIRECTORY / "moment").read_text() == moment
    except FileNotFoundError:
        return False
    if due:
        (DIRECTORY / "kind").rename(DIRECTORY / "crashed")
    return due


class _Crashing:
    """What a coroutine does until it is to crash."""

    def __init__(self, kind: str, coroutine: Coroutine[Any, Any, object]) -> None:
        self._kind = kind
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, object]:
        goes_on = partial(self._coroutine.send, None)
        while True:
            try:
                yielded = goes_on()
            except StopIteration as stop:
                return stop.value
            try:
                value = yield yielded
            except BaseException as error:  # it is cancelled, which is no moment of ours
                goes_on = partial(self._coroutine.throw, error)
            else:
                crashes = not _acquires(self._coroutine) and _is_due(self._kind, WAIT)
                goes_on = partial(self._coroutine.throw, Crash()) if crashes else partial(self._coroutine.send, value)


def _acquires(coroutine: Any) -> bool:
    """Whether it waits for a lock that is its own by now, and would be for ever: trio itself does not fail there."""
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "ag_code", None)
        if code is not None and code.co_name in ("acquire", "acquire_on_behalf_of"):
            return True
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return False


def crashing(task: Task) -> Task:
    """A task that crashes when it is its turn."""
    kind = kind_of(task)

    async def run(*arguments: Any) -> object:
        if _is_due(kind, BEGIN):
            raise Crash
        return await _Crashing(kind, task(*arguments))  # type: ignore[arg-type]

    run.__qualname__ = kind
    return run


def start_soon(nursery: trio.Nursery, task: Task, *arguments: Any, name: object = None) -> None:
    """In place of trio's: tasks of ours may crash, also those that others start for us."""
    if getattr(task, "__func__", None) in (Background._run, Background._run_again):
        arguments = (crashing(arguments[0]), *arguments[1:])
    elif getattr(task, "__name__", "") == "_run_handler":  # trio's, of a connection that was accepted
        arguments = (arguments[0], crashing(arguments[1]))
    elif _is_ours(task):
        task = crashing(task)
    _start_soon(nursery, task, *arguments, name=name)


def _is_ours(task: object) -> bool:
    while isinstance(task, partial):
        task = task.func
    return str(getattr(task, "__module__", "")).startswith("irodsfs.")


if __name__ == "__main__":
    trio.Nursery.start_soon = start_soon  # type: ignore[method-assign,assignment]
    main()
