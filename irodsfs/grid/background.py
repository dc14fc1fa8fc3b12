"""The one place where work begins that nobody waits for."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import trio

logger = logging.getLogger(__name__)

Arguments = TypeVarTuple("Arguments")


class Background:
    """Starts tasks in a nursery. One that fails by a mistake of ours is told in the log and ends nothing but itself.

    Whoever needs what a task does must learn from that task that it was done: its end alone tells nothing, as it also
    ends by a failure, or with the process.
    """

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def start_soon(self, task: Callable[[*Arguments], Awaitable[object]], *arguments: *Arguments) -> None:
        self._nursery.start_soon(self._run, task, arguments)

    async def _run(self, task: Callable[..., Awaitable[object]], arguments: tuple[object, ...]) -> None:
        try:
            await task(*arguments)
        except Exception:
            logger.exception("%s has failed in the background", getattr(task, "__qualname__", task))
