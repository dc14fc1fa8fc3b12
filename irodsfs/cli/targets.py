"""Paths on the command line: which mount or session each is for, and how what is found there is shown.

A path is local where it lies on a mount of this user's. Any other one is logical: absolute, or relative to the home
collection; `irods:` before it and `~` at its begin say so.
"""

from __future__ import annotations

import itertools
import os
import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from irodsfs.cli.mountpoints import mount_of
from irodsfs.cli.own_account import is_of, own_account
from irodsfs.cli.places import place_of
from irodsfs.cli.printing import local_name, name_of
from irodsfs.cli.records import Record, live_mounts
from irodsfs.user_errors import IrodsfsError, NotOnMountError

SCHEME = "irods:"

_WILDCARD = re.compile(r"[*?[]")


@dataclass(frozen=True)
class Mounted:
    """A mount of this user's: where, what, and its control socket."""

    mountpoint: str
    collection: str
    socket: Path


@dataclass(frozen=True)
class Shown:
    """How paths of the zone are shown: as they are, or as the files of a mount, relative to `directory` if any."""

    mount: Mounted | None = None
    directory: str | None = None

    def path(self, logical: str) -> str:
        """What to print for a path of the zone."""
        return self.local(logical) or logical

    def local(self, logical: str) -> str | None:
        """The path on the mount; None where nothing local is meant, or the mount does not show it."""
        if self.mount is None:
            return None
        inside = _inside(logical, self.mount.collection)
        if inside is None:
            return None
        path = posixpath.join(self.mount.mountpoint, inside) if inside else self.mount.mountpoint
        if self.directory is None:
            return path
        relative = posixpath.relpath(path, self.directory)
        # What begins like an option must not be taken for one by whoever reads it.
        return f"./{relative}" if relative.startswith("-") else relative


def _inside(path: str, collection: str) -> str | None:
    root = collection.rstrip("/")
    if path == (root or "/"):
        return ""
    return path[len(root) + 1 :] if path.startswith(root + "/") else None


@dataclass(frozen=True)
class Part:
    """Paths that one mount or session is asked about, as the zone has them; no socket: a session of one's own."""

    socket: Path | None
    shown: Shown
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Targets:
    """What a command is about. `literal`: no path holds wildcards. `zone`: whose session to use, as for mount."""

    parts: tuple[Part, ...]
    literal: bool
    zone: str | None


def targets(
    arguments: Sequence[str],
    *,
    files_from: str | None = None,
    mount: str | None = None,
    zone: str | None = None,
    changes: bool = False,
    literal: bool = False,
) -> Targets:
    """Of arguments, or of the paths in a file (`-`: standard input); without any, where the user is.

    `literal`: arguments hold no wildcards, either, as what is listed in a file never does. Raises `IrodsfsError`.
    """
    paths = list(map(name_of, arguments)) if files_from is None else _listed(files_from)
    if not paths and files_from is None:
        paths = ["." if mount_of(Path()) and zone is None and mount is None else "~"]
    named = mounted_at(_mountpoint(mount)) if mount is not None else None
    literal = literal or files_from is not None
    found = [_target(path, named, zone, literal=literal, changes=changes) for path in paths]
    parts = [
        Part(socket, shown, tuple(path for _, _, path in group))
        for (socket, shown), group in itertools.groupby(found, key=lambda each: each[:2])
    ]
    return Targets(tuple(parts), literal, zone)


def _target(
    path: str, named: Mounted | None, zone: str | None, *, literal: bool, changes: bool
) -> tuple[Path | None, Shown, str]:
    """The socket to ask, how to show the answer, and the path as the zone has it."""
    if not _is_logical(path):
        whole = posixpath.normpath(posixpath.join(_directory(), path))
        mountpoint = _mount_above(posixpath.dirname(whole)) or mount_at(whole)
        if mountpoint is not None:
            mount = mounted_at(mountpoint)
            inside = _inside(whole, mount.mountpoint)
            inside = _resolved_inside(whole, mount) if inside is None else inside
            shown = Shown(mount, None if path.startswith("/") else _directory())
            return mount.socket, shown, _in_zone(mount, inside, whole, literal=literal)
        elsewhere = _led_to(whole)
        if elsewhere is not None:
            return elsewhere
    if named is not None:
        return named.socket, Shown(), path
    return (None if zone is not None else _socket_for(path, changes=changes)), Shown(), path


def _led_to(path: str) -> tuple[Path, Shown, str] | None:
    """Where a local path leads that is on no mount itself: by a link to an entry on one; None where it does not.

    Raises `NotOnMountError` for what lies on a mount that is not this user's.
    """
    if not os.path.lexists(local_name(path)):
        return None
    with ExitStack() as stack:
        try:
            place = stack.enter_context(place_of(Path(local_name(path))))
            logical = name_of(place.logical_path)
        except NotOnMountError:
            return None
        return place.socket(), Shown(), logical


def _in_zone(mount: Mounted, inside: str, whole: str, *, literal: bool) -> str:
    """The path in the zone. What the mount shows under that very name is meant, whatever wildcards are in it."""
    collection = mount.collection.rstrip("/")
    if _WILDCARD.search(inside) and not literal:
        if os.path.lexists(local_name(whole)):
            inside = _escaped(inside)
        collection = _escaped(collection)
    return f"{collection}/{inside}".rstrip("/") or "/"


def _escaped(text: str) -> str:
    return _WILDCARD.sub(r"[\g<0>]", text)


def _is_logical(path: str) -> bool:
    return path.startswith((SCHEME, "~/")) or path == "~"


@cache
def _directory() -> str:
    return name_of(str(Path.cwd()))


@cache
def _mount_above(directory: str) -> str | None:
    found = mount_of(Path(local_name(directory)))
    return name_of(str(found)) if found else None


def mount_at(path: str) -> str | None:
    """The mount point that a path is itself."""
    found = mount_of(Path(local_name(path)))
    return name_of(str(found)) if found else None


def _resolved_inside(whole: str, mount: Mounted) -> str:
    """What follows the mount point in a path that leads to it through symbolic links."""
    names = whole.split("/")
    for end in range(1, len(names) + 1):
        if _mount_above("/".join(names[:end]) or "/") == mount.mountpoint:
            return "/".join(names[end:])
    return ""


def _mountpoint(path: str) -> str:
    found = mount_of(Path(path))
    if found is None:
        with place_of(Path(path)) as place:
            place.socket()  # which says whose mount it is
        raise NotOnMountError(f"{path} is not on a mount of irodsfs: name a path on one.")
    return name_of(str(found))


@cache
def mounted_at(mountpoint: str) -> Mounted:
    """The mount of this user at a mount point. Raises `NotOnMountError`."""
    with place_of(Path(local_name(mountpoint))) as place:
        return Mounted(mountpoint, name_of(place.logical_path), place.socket())


def _socket_for(path: str, *, changes: bool) -> Path | None:
    """The control socket of a running mount that works as the account of the environment; None for a new session."""
    account, mounts = _account_and_mounts()
    absolute = path.removeprefix(SCHEME)
    zone = absolute.split("/")[1] if absolute.startswith("/") else None
    for record, socket in mounts:
        fits = is_of(record, account) and (bool(account) or zone in (None, record.zone))
        if fits and not record.with_ticket and not (changes and record.read_only):
            return socket
    return None


@cache
def _account_and_mounts() -> tuple[dict[str, str], list[tuple[Record, Path]]]:
    return own_account(), live_mounts()


def _listed(file: str) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise IrodsfsError(f"{file} can't be read: {os.strerror(error.errno or 0)}.") from None
    return list(_paths_in(content))


def _paths_in(content: bytes) -> Iterator[str]:
    """Paths that end with NULs, as with find -0, else with lines."""
    separator = b"\0" if b"\0" in content else b"\n"
    for path in content.split(separator):
        if path:
            yield path.decode("utf-8", "surrogateescape")
