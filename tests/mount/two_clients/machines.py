"""Two machines that have mounted one collection, and a plain client of the zone."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from irods.session import iRODSSession

from tests.mounts import Mount
from tests.zones import AnyZone

CACHE_TIMEOUT = 5.0
"""Seconds for which a mount believes what it has seen, by default."""

TOLD = "could not be written|changed elsewhere|flush|fsync|release"
"""What a mount says in its log when it keeps bytes that would overwrite those of another client."""


def environment_of_user(directory: Path) -> dict[str, str]:
    """The environment of a user with directories of its own, below `directory`."""
    own = {"HOME": directory / "home", "XDG_RUNTIME_DIR": directory / "run"}
    own |= {f"XDG_{kind}_HOME": directory / kind.lower() for kind in ("CONFIG", "CACHE", "STATE")}
    for each in own.values():
        each.mkdir(mode=0o700, parents=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IRODS", "XDG_", "NOTIFY_"))}
    return kept | {name: str(each) for name, each in own.items()}


@contextmanager
def mounted(zone: AnyZone, collection: str, directory: Path, *options: str) -> Iterator[Mount]:
    """A machine of its own: a mount with its own spool. Its log may tell of conflicts, and of no other trouble."""
    directory.mkdir()
    mount = Mount(directory / "mount", collection)
    with ExitStack() as checks, ExitStack() as stops:
        checks.callback(mount.check_log)
        stops.callback(mount.stop)
        mount.start(zone.environment_file(), *options, env=environment_of_user(directory / "user"))
        yield mount


def spool_of(mount: Mount) -> Path:
    return mount.path.parent / "user/cache/irodsfs"


def make_home(session: iRODSSession, zone: AnyZone) -> str:
    """A new collection."""
    path = f"{zone.home}/{uuid.uuid4().hex}"
    session.collections.create(path)
    return path
