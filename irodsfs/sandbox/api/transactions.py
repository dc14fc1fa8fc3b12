"""END_TRANSACTION_AN (718): what a client has changed and the server not committed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.error_numbers import IrodsError

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent


@handles(718)
def end_transaction(agent: Agent, request: Request) -> Reply:
    """Commits or takes back what a request that failed half-way has left; some clients send it after each request."""
    match request.input.text("arg0"):
        case "commit" | "":
            agent.catalog.commit_what_was_left()
        case "rollback":
            agent.catalog.forget_what_was_left()
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")
    return Reply()
