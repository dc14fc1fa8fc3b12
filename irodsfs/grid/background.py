"""The one place where work begins that nobody waits for."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import trio

logger = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds after which what is kept up begins again."""

Arguments = TypeVarTuple("Arguments")


def _nothing() -> None:
    """What nobody waits for ends without a word."""


class Background:
    """Starts tasks in a nursery. One that fails by a mistake of ours is told in the log and ends nothing but itself.

    Whoever needs what a task does must learn from that task that it was done: its end alone tells nothing, as it also
    ends by a failure, or with the process.
    """

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def start_soon(
        self,
        task: Callable[[*Arguments], Awaitable[object]],
        *arguments: *Arguments,
        at_end: Callable[[], object] = _nothing,
    ) -> None:
        """`at_end` is called however the task ends: whoever waits for it is not kept waiting by its failure."""
        self._nursery.start_soon(self._run, task, arguments, at_end)

    def keep_up(self, task: Callable[[], Awaitable[object]]) -> None:
        """Begin again, after a pause, what fails before it returns."""
        self._nursery.start_soon(self._run_again, task)

    async def _run(
        self, task: Callable[..., Awaitable[object]], arguments: tuple[object, ...], at_end: Callable[[], object]
    ) -> bool:
        try:
            try:
                await task(*arguments)
            finally:
                at_end()
        except Exception:
            logger.exception("%s has failed in the background", getattr(task, "__qualname__", task))
            return False
        return True

    async def _run_again(self, task: Callable[[], Awaitable[object]]) -> None:
        while True:
            if await self._run(task, (), _nothing):
                return
            await trio.sleep(PAUSE)
