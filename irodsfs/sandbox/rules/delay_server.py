"""Runs delayed rules when they are due, as their users, one after the other.

The rule language is imported when the first rule is due, so that the zone starts without its cost.
"""

from __future__ import annotations

import logging
import socket
import sqlite3
import threading

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.inner_session import session_of
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.session import Session

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 1.0
DUE = (
    "SELECT rule_exec_id, rule_name, user_name, exe_frequency, exe_context FROM R_RULE_EXEC"
    " WHERE CAST(exe_time AS INTEGER) <= ? ORDER BY priority DESC, rule_exec_id"
)


class DelayServer:
    """Looks once a second for rules that are due, in a thread of its own."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self._stopping = threading.Event()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="irods-delay-server", daemon=True)

    def __enter__(self) -> DelayServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the loops of the rule that is being run, if any, and waits for it."""
        self._stopping.set()
        if client := self._client:
            client.close()
        self._thread.join()

    def _serve(self) -> None:
        catalog = self.zone.connect()
        try:
            while not self._stopping.wait(PERIOD_SECONDS):
                if catalog.value("SELECT count(*) FROM R_RULE_EXEC"):
                    self._run_all(catalog.rows(DUE, int(clock.seconds())))
        except sqlite3.Error:
            logger.exception("delayed rules are no longer run")
        finally:
            catalog.close()

    def _run_all(self, rows: list[sqlite3.Row]) -> None:
        for row in rows:
            if self._stopping.is_set():
                return
            with session_of(self.zone, row["user_name"]) as (session, self._client):
                status = run(session, row)
                if not self._stopping.is_set():
                    finish(session, row, status)
            self._client = None


def run(session: Session, row: sqlite3.Row) -> int:
    """Runs one rule; its status."""
    from irodsfs.sandbox.rules import delays
    from irodsfs.sandbox.rules.execution import run_later
    from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo

    rei = RuleExecInfo(session)
    status = run_later(rei, row["rule_name"], delays.variables_of(row["exe_context"]))
    if status < 0:
        logger.info("delayed rule %d failed with %d: %s", row["rule_exec_id"], status, rei.trail.text())
    return status


def finish(session: Session, row: sqlite3.Row, status: int) -> None:
    """Removes the rule, or says when it is run again."""
    from irodsfs.sandbox.rules.repetition import after_run

    moment = int(clock.seconds())
    following = after_run(row["exe_frequency"] or "", moment, succeeded=status >= 0)
    with session.catalog.transaction():
        if following is None:
            session.catalog.execute("DELETE FROM R_RULE_EXEC WHERE rule_exec_id = ?", row["rule_exec_id"])
        else:
            session.catalog.execute(
                "UPDATE R_RULE_EXEC SET exe_time = ?, exe_frequency = ?, last_exe_time = ? WHERE rule_exec_id = ?",
                *(str(following.time), following.frequency, str(moment), row["rule_exec_id"]),
            )
