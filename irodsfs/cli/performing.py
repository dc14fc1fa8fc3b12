"""Has an action done, through the control socket of a mount or in a session of one's own: the records are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from irodsfs.cli.printing import as_json_text, on_one_line
from irodsfs.cli.targets import Part, Shown, Targets

Record = dict[str, Any]
Take = Callable[[Record, Shown], None]

MISSING, WRONG_INPUT, REFUSED = 6, 2, 10
"""Exit statuses: nothing there or hidden, a criterion or path that makes no sense, refused by the zone."""

_STATUSES = {"MISSING": MISSING, "WRONG_INPUT": WRONG_INPUT}


class Performing:
    """One command's use of actions, which goes on after failures of single paths. `status`: the exit status so far."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.status = 0

    def run(self, action: str, targets: Targets, parameters: Record, take: Take) -> None:
        """`take` is given each record, and how its paths are to be shown. Raises `IrodsfsError` when nothing can be."""
        for part in targets.parts:
            asked = {**parameters, "paths": list(part.paths), "literal": targets.literal}
            self._run(action, part, targets.zone, asked, take)

    def run_without_paths(self, action: str, targets: Targets, parameters: Record, take: Take) -> None:
        """The same for an action that is not about entries, for which any path on the mount will do."""
        self._run(action, targets.parts[0], targets.zone, parameters, take)

    def _run(self, action: str, part: Part, zone: str | None, asked: Record, take: Take) -> None:
        def taken(record: Record, shown: Shown = part.shown) -> None:
            if "failure" in record:
                self._fail(record["failure"], shown)
            else:
                take(record, shown)

        if part.socket is None:
            _in_own_session(action, zone, asked, taken)
        else:
            _through(part.socket, action, asked, taken)

    def _fail(self, failure: Record, shown: Shown) -> None:
        self.status = self.status or _STATUSES.get(failure["error"], REFUSED)
        path = shown.path(failure["path"])
        if self._as_json:
            click.echo(as_json_text({"failure": {**failure, "path": path}}, indent=None), err=True)
            return
        words = ": ".join(filter(None, (path, failure["reason"], failure["remedy"])))
        click.echo(on_one_line(f"irodsfs: {words}.").encode("utf-8", "surrogateescape"), err=True)

    def end(self) -> None:
        """Ends the command with an exit status that is not 0 when something failed."""
        if self.status:
            raise SystemExit(self.status)


def _through(socket: Path, action: str, parameters: Record, take: Callable[[Record], None]) -> None:
    # HTTP takes a while to import, and help must not wait for it.
    from irodsfs.cli.client import control_at

    with control_at(socket) as control:
        for record in control.lines(f"/actions/{action}", parameters):
            take(record)


def _in_own_session(action: str, zone: str | None, parameters: Record, take: Callable[[Record], None]) -> None:
    # All that is needed for a zone takes longer still.
    from irodsfs.cli.own_session import perform

    perform(action, zone, parameters, take)
