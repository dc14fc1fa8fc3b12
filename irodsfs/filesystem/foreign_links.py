"""Symbolic links that lead out of the mount, where whoever follows them meets files of this machine."""

from __future__ import annotations

import errno
import posixpath

UP = ".."


def refuse_foreign(root: str, path: str, target: str) -> None:
    """Raises EACCES when the link at `path` leads, or may lead, out of the mount of `root`.

    It stays inside when it climbs at its start only, no higher than the root: further on, what looks like a directory
    could be a link, and its parent could be anywhere.
    """
    depth = len(posixpath.relpath(posixpath.dirname(path), root).split("/")) if posixpath.dirname(path) != root else 0
    names = [name for name in target.split("/") if name not in ("", ".")]
    climbs = next((number for number, name in enumerate(names) if name != UP), len(names))
    if target.startswith("/") or UP in names[climbs:] or climbs > depth:
        raise PermissionError(errno.EACCES, f"{path} is a link that may lead out of the mount")
