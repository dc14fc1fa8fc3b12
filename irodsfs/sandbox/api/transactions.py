"""END_TRANSACTION_AN (718): what a client has changed and the server not committed yet."""

from __future__ import annotations

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


@handles(718)
def end_transaction(session: Session, request: Request) -> Reply:
    """Commits or takes back what a request that failed half-way has left; some clients send it after each request."""
    match request.input.text("arg0"):
        case "commit" | "":
            session.catalog.commit_what_was_left()
        case "rollback":
            session.catalog.forget_what_was_left()
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")
    return Reply()
