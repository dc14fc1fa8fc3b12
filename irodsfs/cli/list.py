from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread

import click

from irodsfs.cli.mountpoints import is_dead, own_mounts
from irodsfs.cli.parameters import as_json
from irodsfs.cli.printing import Output
from irodsfs.cli.records import live_mounts

PATIENCE = 1.0
"""Seconds for a mount to show that it is not dead."""

EPILOG = """\b
A mount is dead when its process has ended without unmounting: irodsfs mount
replaces it, irodsfs umount takes it away. A foreign one is looked after by a
process that keeps its record elsewhere, as with another XDG_RUNTIME_DIR.

\b
Examples:
  irodsfs list
  irodsfs list --json | jq -r '.[] | select(.state == "dead").mountpoint'

\b
Exit status: 0, also when nothing is mounted.
"""


@dataclass(frozen=True)
class Listed:
    """A mount: `state` is running, starting, dead, or foreign; of a dead one not all is known."""

    mountpoint: str
    state: str
    collection: str
    user: str = ""
    zone: str = ""
    host: str = ""
    port: int | None = None
    read_only: bool | None = None
    pid: int | None = None
    control_socket: str | None = None


@click.command(epilog=EPILOG)
@as_json
def list(*, as_json: bool) -> None:
    """List all mounts of this user, dead ones too."""
    found = listed_mounts()
    output = Output()
    if as_json:
        output.document([asdict(each) for each in found])
    elif found:
        output.table(("MOUNTPOINT", "STATE", "PID", "ZONE", "COLLECTION"), map(_row, found))
    output.flush()


def listed_mounts() -> tuple[Listed, ...]:
    """By mount point. Only mounts without a record are asked, and not waited for long, as they may not answer."""
    mounted = {str(mount.mountpoint): mount.source for mount in own_mounts(os.getuid())}
    found = []
    for record, socket in live_mounts():
        state = "running" if mounted.pop(record.mountpoint, None) is not None else "starting"
        about = (record.user, record.zone, record.host, record.port, record.read_only, record.pid, str(socket))
        found.append(Listed(record.mountpoint, state, record.collection, *about))
    for mountpoint, state in _states(mounted):
        found.append(Listed(mountpoint, state, mounted[mountpoint].removeprefix("irods:")))
    return tuple(sorted(found, key=lambda each: each.mountpoint))


def _states(mountpoints: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Of mounts without a record: dead, or recorded elsewhere, as with another XDG_RUNTIME_DIR."""
    dead: set[str] = set()
    probes = [Thread(target=_probe, args=(each, dead), daemon=True) for each in mountpoints]
    for probe in probes:
        probe.start()
    for probe in probes:
        probe.join(PATIENCE)
    for mountpoint in mountpoints:
        yield mountpoint, "dead" if mountpoint in dead else "foreign"


def _probe(mountpoint: str, dead: set[str]) -> None:
    if is_dead(Path(mountpoint)):
        dead.add(mountpoint)


def _row(each: Listed) -> tuple[str, ...]:
    zone = f"{each.user}@{each.host}:{each.port}" if each.host else "-"
    return each.mountpoint, each.state, str(each.pid or "-"), zone, each.collection
