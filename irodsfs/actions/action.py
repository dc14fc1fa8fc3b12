"""An action: the work of a command, with parameters that are checked, and records as its results."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from irodsfs.actions.action_failures import Failure, failed
from irodsfs.actions.workspace import Workspace
from irodsfs.grid.errors import ZONE_FAILURES

Record = dict[str, Any]
"""A result as JSON has it, snake_case; or `Failure.record` of something that could not be done."""

Records = AsyncGenerator[Record, None]
Run = Callable[[Workspace, Any], Records]


class Parameters(BaseModel):
    """What an action takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParameters(Parameters):
    """Of an action that takes none."""


class Paths(Parameters):
    """What actions on entries take: logical paths, absolute, or relative to the home collection (`~`)."""

    paths: list[str] = Field(default=["~"], description="may hold the wildcards *, ?, [...] and **")
    literal: bool = Field(default=False, description="whether what looks like a wildcard is none")


@dataclass(frozen=True)
class Action:
    """One action. `run` yields records as they come, failures of single paths among them, or raises `Failure`."""

    name: str
    run: Run
    parameters: type[Parameters]
    changes: bool
    """Whether the zone is not the same afterwards."""

    @property
    def summary(self) -> str:
        return (self.run.__doc__ or "").strip().partition("\n")[0]


def action(name: str, parameters: type[Parameters], *, changes: bool = False) -> Callable[[Run], Action]:
    """Declare the decorated function as what an action of that name runs."""
    return lambda run: Action(name, run, parameters, changes)


async def perform(action: Action, workspace: Workspace, parameters: Parameters) -> Records:
    """The records of an action; what ends it before its time is the last one of them."""
    try:
        async with aclosing(action.run(workspace, parameters)) as records:
            async for record in records:
                yield record
    except Failure as failure:
        yield failure.record
    except ZONE_FAILURES as error:
        yield failed("", error).record


def checked(action: Action, given: Record) -> Parameters:
    """The parameters of an action. Raises `Failure`, naming the one that is wrong."""
    try:
        return action.parameters.model_validate(given)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(map(str, detail["loc"]))
        raise Failure("", f"{field}: {detail['msg']}", f"see irodsfs {action.name} --help") from None
