"""What can be done with bytes that could not be brought into a zone."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import trio

from irodsfs.cli.answers import control_of
from irodsfs.config import Setting
from irodsfs.config.load import load_login
from irodsfs.grid.errors import ZONE_FAILURES, summarise
from irodsfs.grid.irods_sessions import entered
from irodsfs.grid.zone import Zone
from irodsfs.transfer.recovery import put_back
from irodsfs.transfer.spool_entry import SpoolEntry
from irodsfs.user_errors import ControlFailure, IrodsfsError

TIMEOUT = 60.0
"""Seconds for one request to the zone."""


@dataclass(frozen=True)
class Outcome:
    """What became of an entry; `done` is false when it is still there and was not to be."""

    id: str
    path: str
    outcome: str
    done: bool = True

    @classmethod
    def of(cls, kept: SpoolEntry, outcome: str, *, done: bool = True) -> Outcome:
        return cls(kept.file.name, kept.description.path, outcome, done)


def discard(chosen: Sequence[SpoolEntry], *, dry_run: bool) -> list[Outcome]:
    """Remove entries for good."""
    return [_discard(kept, dry_run=dry_run) for kept in chosen]


def _discard(kept: SpoolEntry, *, dry_run: bool) -> Outcome:
    try:
        with kept.claimed():
            if not dry_run:
                kept.discard()
    except OSError as error:
        return Outcome.of(kept, error.strerror or summarise(error), done=False)
    return Outcome.of(kept, _said("discarded", dry_run=dry_run))


def save(chosen: Sequence[SpoolEntry], to: Path, *, overwrite: bool, dry_run: bool) -> list[Outcome]:
    """Copy one entry into a file, or any into a directory, by their names; their entries stay."""
    if len(chosen) > 1 and not to.is_dir():
        raise IrodsfsError(f"{to} is no directory: make it, to save {len(chosen)} files there.")
    return [_save(kept, to, overwrite=overwrite, dry_run=dry_run) for kept in chosen]


def _save(kept: SpoolEntry, to: Path, *, overwrite: bool, dry_run: bool) -> Outcome:
    target = to / PurePosixPath(kept.description.path).name if to.is_dir() else to
    if target.exists() and not overwrite:
        return Outcome.of(kept, f"{target} exists already", done=False)
    if not dry_run:
        try:
            _copy(kept, target)
        except OSError as error:
            return Outcome.of(kept, error.strerror or summarise(error), done=False)
    return Outcome.of(kept, f"{_said('saved', dry_run=dry_run)} as {target}")


def _copy(kept: SpoolEntry, target: Path) -> None:
    with kept.claimed():
        shutil.copyfile(kept.file, target)
        os.truncate(target, kept.description.size)
        if kept.description.modified_ns is not None:
            os.utime(target, ns=(kept.description.modified_ns, kept.description.modified_ns))


def put_back_through(mount: Path, chosen: Sequence[SpoolEntry], *, overwrite: bool, dry_run: bool) -> list[Outcome]:
    """Let a mount put back what it keeps itself."""
    outcomes = []
    parameters = {"overwrite": str(overwrite).lower(), "dryRun": str(dry_run).lower()}
    with control_of(mount) as control:
        for kept in chosen:
            try:
                control.request("POST", f"/spool/{kept.file.name}", **parameters)
                outcomes.append(Outcome.of(kept, _said("put back", dry_run=dry_run)))
            except ControlFailure as failure:
                outcomes.append(Outcome.of(kept, failure.message, done=False))
    return outcomes


def put_back_as_user(
    chosen: Sequence[SpoolEntry], zone: str | None, *, overwrite: bool, dry_run: bool
) -> list[Outcome]:
    """Put back with a session of one's own."""
    ask = getpass.getpass if sys.stdin.isatty() else None
    account = load_login(Setting(zone, "--zone") if zone is not None else None, ask)

    outcomes: list[Outcome] = []
    failures: list[IrodsfsError] = []

    async def main() -> None:
        async with trio.open_nursery() as background:
            try:
                async with entered(account, background, connections=1, request_timeout=TIMEOUT) as session:
                    outcomes.extend(
                        [await _put_back(session, kept, overwrite=overwrite, dry_run=dry_run) for kept in chosen]
                    )
            except IrodsfsError as error:
                failures.append(error)
            background.cancel_scope.cancel()

    trio.run(main)
    if failures:
        raise failures[0]
    return outcomes


async def _put_back(zone: Zone, kept: SpoolEntry, *, overwrite: bool, dry_run: bool) -> Outcome:
    try:
        await put_back(zone, kept, overwrite=overwrite, dry_run=dry_run)
    except OSError as error:
        return Outcome.of(kept, error.strerror or summarise(error), done=False)
    except ZONE_FAILURES as error:
        return Outcome.of(kept, summarise(error), done=False)
    return Outcome.of(kept, _said("put back", dry_run=dry_run))


def _said(done: str, *, dry_run: bool) -> str:
    return f"would be {done}" if dry_run else done
