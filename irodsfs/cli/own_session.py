"""Actions in a session that lives as long as the command."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from contextlib import aclosing

import trio

from irodsfs.actions import action as actions
from irodsfs.actions.action import Record, checked
from irodsfs.actions.action_failures import Failure
from irodsfs.actions.registry import ACTIONS
from irodsfs.actions.workspace import NoMount, Workspace
from irodsfs.config import Setting, ZoneAccount
from irodsfs.config.load import load_login
from irodsfs.grid.irods_sessions import entered

CONNECTIONS = 4
TIMEOUT = 60.0
"""Seconds for one request to the zone."""

Take = Callable[[Record], None]


def perform(action: str, zone: str | None, parameters: Record, take: Take) -> None:
    """As the account of `zone`, else of the environment. Raises `IrodsfsError` when there is no way into the zone."""
    chosen = ACTIONS[action]
    try:
        given = checked(chosen, parameters)
    except Failure as failure:
        take(failure.record)
        return
    ask = getpass.getpass if sys.stdin.isatty() else None
    account = load_login(Setting(zone, "--zone") if zone is not None else None, ask)
    try:
        trio.run(_perform, chosen, given, account, take)
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What ended the session: Ctrl-C where that is among it."""
    interrupted = group.subgroup(KeyboardInterrupt)
    first = (interrupted or group).exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _perform(action: actions.Action, given: actions.Parameters, account: ZoneAccount, take: Take) -> None:
    async with trio.open_nursery() as background:
        async with entered(account, background, connections=CONNECTIONS, request_timeout=TIMEOUT) as session:
            workspace = Workspace(session, account.home, account.default_resource, NoMount())
            async with aclosing(actions.perform(action, workspace, given)) as records:
                async for record in records:
                    take(record)
        background.cancel_scope.cancel()
