"""What is asked for beside, or ahead of, what somebody waits for: its failure is nobody's failure."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import trio

from irodsfs.grid.background import Background
from irodsfs.grid.errors import ZONE_FAILURES, describe

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass
class _Attempt(Generic[Result]):
    result: Result | None = None
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


async def beside(
    background: Background, time_limit: float, about: str, fetching: Callable[[], Awaitable[Result]]
) -> Result | None:
    """The result of `fetching`, or None: whatever prevents it, or more than `time_limit` seconds, count as nothing.

    It runs in `background`, because a worker thread that waits for the zone can't be left before the zone answers.
    """
    attempt: _Attempt[Result] = _Attempt()

    async def run() -> None:
        try:
            with attempt.scope:
                attempt.result = await fetching()
        except ZONE_FAILURES as error:
            logger.info("%s, which can do without: %s", about, describe(error))

    background.start_soon(run, at_end=attempt.ended.set)
    try:
        with trio.move_on_after(time_limit) as waiting:
            await attempt.ended.wait()
    finally:
        attempt.scope.cancel()
    if waiting.cancelled_caught:
        logger.info("%s, which can do without: nothing came in %.1f s", about, time_limit)
    return attempt.result
