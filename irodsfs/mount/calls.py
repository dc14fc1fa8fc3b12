"""Calls of programs, each in a task of its own: who was killed meanwhile does not wait for the zone.

Linux lets a program whose request is being served go only when it is answered. So while a request takes long, its
caller is looked at: one that was killed is answered `EINTR`, which nobody sees any more, and the work goes on without
it, so no bytes are lost.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import outcome
import pyfuse3
import trio

from irodsfs.filesystem.file_system import Background, one_call
from irodsfs.mount.callers import are_killed, process_of

logger = logging.getLogger(__name__)

LOOKS = 0.25
"""Seconds between two looks at those who wait."""

# fmt: off
WITH_CALLER = (
    "lookup", "getattr", "setattr", "access", "mkdir", "unlink", "rmdir", "rename", "mknod", "symlink", "readlink",
    "link", "open", "create", "opendir", "setxattr", "getxattr", "listxattr", "removexattr", "statfs",
)
# fmt: on
"""Requests whose last argument tells who waits."""

ON_FILES = ("read", "write", "flush", "fsync")
ON_DIRECTORIES = ("readdir", "fsyncdir")
"""Requests that tell only the handle, in their first argument: who waits is who opened it, as far as can be known."""

Method = Callable[..., Awaitable[Any]]


class _Call:
    """`waiter` is the task that answers the kernel; None once it has its answer."""

    __slots__ = ("began", "is_given_up", "processes", "waiter")

    def __init__(self, processes: Sequence[int]) -> None:
        self.began = trio.current_time()
        self.processes = processes
        self.waiter: trio.lowlevel.Task | None = trio.lowlevel.current_task()
        self.is_given_up = False

    def answer(self, answer: outcome.Outcome[Any]) -> None:
        waiter, self.waiter = self.waiter, None
        if waiter is not None:
            trio.lowlevel.reschedule(waiter, answer)

    def fail(self) -> None:
        """Nobody else will answer, when there is no answer yet."""
        if self.waiter is not None:
            self.answer(outcome.Error(pyfuse3.FUSEError(errno.EIO)))

    def give_up(self, _: object = None) -> trio.lowlevel.Abort:
        self.is_given_up = True
        self.waiter = None
        return trio.lowlevel.Abort.SUCCEEDED


_CALL: ContextVar[_Call | None] = ContextVar("call", default=None)


def is_given_up() -> bool:
    """True when the call that this task carries out was answered already."""
    call = _CALL.get()
    return call is not None and call.is_given_up


class _Openers:
    """The processes that have opened what handles stand for."""

    def __init__(self) -> None:
        self._processes: dict[int, list[int]] = {}
        self._handles: dict[int, int] = {}

    def opened(self, handle: int, thread: int) -> None:
        self._handles[handle] = self._handles.get(handle, 0) + 1
        self._processes.setdefault(handle, []).append(process_of(thread))

    def released(self, handle: int) -> None:
        self._handles[handle] = self._handles.get(handle, 1) - 1
        if not self._handles[handle]:
            del self._handles[handle]
            self._processes.pop(handle, None)

    def of(self, handle: int) -> Sequence[int]:
        return self._processes.get(handle, ())


class Calls(pyfuse3.Operations):
    """Hands what the kernel asks for to `operations`, while `serving`."""

    def __init__(self, operations: pyfuse3.Operations) -> None:
        super().__init__()
        self.supports_dot_lookup = operations.supports_dot_lookup
        self.enable_writeback_cache = operations.enable_writeback_cache
        self._operations = operations
        self._background: Background | None = None
        self._under_way: set[_Call] = set()
        self._begun = trio.Event()
        self._files, self._directories = _Openers(), _Openers()
        for name in WITH_CALLER:
            setattr(self, name, partial(self._with_caller, getattr(operations, name)))
        for names, openers in ((ON_FILES, self._files), (ON_DIRECTORIES, self._directories)):
            for name in names:
                setattr(self, name, partial(self._on_handle, getattr(operations, name), openers))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """At the end of the block, what was given up has been done."""
        async with trio.open_nursery() as nursery:
            self._background = Background(nursery)
            yield

    async def forget(self, inode_list: Sequence[tuple[pyfuse3.InodeT, int]]) -> None:
        await self._operations.forget(inode_list)

    async def release(self, fh: pyfuse3.FileHandleT) -> None:
        self._files.released(fh)
        await self._operations.release(fh)

    async def releasedir(self, fh: pyfuse3.FileHandleT) -> None:
        self._directories.released(fh)
        await self._operations.releasedir(fh)

    async def watch(self) -> None:
        """Look after those who wait, until cancelled."""
        while True:
            await self._begun.wait()
            await trio.sleep(LOOKS)
            now = trio.current_time()
            long = [call for call in self._under_way if now - call.began >= LOOKS]
            killed = await trio.to_thread.run_sync(_which_are_killed, [call.processes for call in long])
            for call, is_killed in zip(long, killed, strict=True):
                if call.waiter is not None and is_killed:
                    call.is_given_up = True
                    call.answer(outcome.Error(pyfuse3.FUSEError(errno.EINTR)))
            if not self._under_way:
                self._begun = trio.Event()

    async def _with_caller(self, method: Method, *args: Any) -> Any:
        result = await self._wait_for(method, args, (args[-1].pid,))
        self._note_opened(method.__name__, result, args[-1].pid)
        return result

    async def _on_handle(self, method: Method, openers: _Openers, *args: Any) -> Any:
        return await self._wait_for(method, args, openers.of(args[0]))

    async def _wait_for(self, method: Method, args: Sequence[Any], processes: Sequence[int]) -> Any:
        call = _Call(processes)
        self._under_way.add(call)
        self._begun.set()
        assert self._background is not None
        self._background.start_soon(self._carry_out, call, method, args, at_end=call.fail)
        try:
            return await trio.lowlevel.wait_task_rescheduled(call.give_up)
        finally:
            self._under_way.discard(call)

    async def _carry_out(self, call: _Call, method: Method, args: Sequence[Any]) -> None:
        _CALL.set(call)
        try:
            with one_call():
                result = await method(*args)
        except Exception as error:
            # Whoever asked is told, and the log has it already.
            call.answer(outcome.Error(error))
            return
        except BaseException:
            call.answer(outcome.Error(pyfuse3.FUSEError(errno.EINTR)))
            raise
        if call.is_given_up:
            with suppress(pyfuse3.FUSEError):  # which the log has already
                await self._take_back(method.__name__, result)
        else:
            call.answer(outcome.Value(result))

    def _note_opened(self, name: str, result: Any, thread: int) -> None:
        if name == "open":
            self._files.opened(result.fh, thread)
        elif name == "create":
            self._files.opened(result[0].fh, thread)
        elif name == "opendir":
            self._directories.opened(result, thread)

    async def _take_back(self, name: str, result: Any) -> None:
        """The kernel was told of no handle and no inode, so it will give none back."""
        if name == "open":
            await self._operations.release(result.fh)
        elif name == "opendir":
            await self._operations.releasedir(result)
        elif name == "create":
            opened, attributes = result
            await self._operations.release(opened.fh)
            await self._operations.forget([(attributes.st_ino, 1)])
        elif name in ("lookup", "mkdir", "mknod", "symlink") and result.st_ino:
            await self._operations.forget([(result.st_ino, 1)])


def _which_are_killed(callers: Sequence[Sequence[int]]) -> list[bool]:
    return [are_killed(processes) for processes in callers]
