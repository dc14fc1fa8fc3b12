"""What a run of rules acts through: the session it runs in, its output, and what it reports when it fails."""

from __future__ import annotations

import logging
import sqlite3

from irodsfs.sandbox.api import api_registry
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.rules.failures import MESSAGE_LENGTH, RuleError, Trail
from irodsfs.sandbox.rules.output import Output
from irodsfs.sandbox.rules.values import Value
from irodsfs.sandbox.session import Session

logger = logging.getLogger(__name__)

ADMINISTRATOR = 5
USER = 3


class RuleExecInfo:
    """One run on behalf of a session's user; without a session only what needs no zone works."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session
        self.output = Output()
        self.trail = Trail()
        self.errors: list[tuple[int, str]] = []

    @property
    def session(self) -> Session:
        """Raises RuleError when the run has none."""
        if self._session is None:
            raise RuleError(code_of("SYS_INTERNAL_NULL_INPUT_ERR"))
        return self._session

    def call(self, number: int, struct: Struct, bs: bytes = b"", complaint: str = "") -> api_registry.Reply:
        """Does what a client's API request would; a failure raises RuleError and leaves the client the complaint."""
        if number not in api_registry.handlers:
            raise RuleError(code_of("SYS_UNMATCHED_API_NUM"))
        try:
            reply = api_registry.handlers[number](self.session, api_registry.Request(number, struct, bs))
        except IrodsError as error:
            reply = api_registry.Reply(error.code, errors=error.stack)
        except sqlite3.Error as error:
            logger.warning("catalog refused API %d called by a rule: %s", number, error)
            reply = api_registry.Reply(code_of("CAT_SQL_ERR"))
        self.errors += reply.errors
        if reply.status < 0:
            if complaint:
                self.complain(reply.status, f"{complaint}, status = {reply.status}")
            raise RuleError(reply.status)
        return reply

    def require_client(self) -> None:
        """Raises RuleError when the client has hung up, so that a loop without end does not outlive it."""
        if self._session is not None and self._session.connection.is_lost():
            raise RuleError(code_of("SYS_HEADER_READ_LEN_ERR"))

    def complain(self, status: int, message: str) -> None:
        """Adds a message to the error stack of the reply."""
        ended = message if message.endswith("\n") else f"{message}\n"
        self.errors.append((status, f"DEBUG: {ended}"[: MESSAGE_LENGTH - 1]))

    def variable(self, name: str) -> Value:
        """The value of a session variable, None when it has none here."""
        if self._session is None:
            return None
        known: dict[str, Value] = {}
        for side, user in (("Client", self.session.user), ("Proxy", self.session.proxy)):
            known[f"$userName{side}"] = user.name
            known[f"$rodsZone{side}"] = user.zone
            known[f"$priv{side}"] = ADMINISTRATOR if user.is_admin else USER
        return known.get(name)
