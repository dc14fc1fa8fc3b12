"""What POSIX has and iRODS has not, kept as AVUs where users want it: permission bits and symbolic links.

`irodsfs::mode` holds the bits in octal digits. `irodsfs::symlink` makes a data object a symbolic link to its value, if
that is what the object holds, too: who may add AVUs to somebody's file must not make a link of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from irods.column import Column
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import LONGEST_VALUE, Avu, change_one
from irodsfs.grid.queries import equal, one_of

NAMESPACE = "irodsfs::"
MODE = f"{NAMESPACE}mode"
SYMLINK = f"{NAMESPACE}symlink"
LONGEST_TARGET = LONGEST_VALUE
"""Bytes of what a symbolic link names."""

COLLECTION_COLUMNS = (Collection.id, CollectionMeta.name, CollectionMeta.value)
OBJECT_COLUMNS = (DataObject.id, DataObjectMeta.name, DataObjectMeta.value)
OF_COLLECTIONS: tuple[Column, str] = (CollectionMeta.name, equal(MODE))
OF_OBJECTS: tuple[Column, str] = (DataObjectMeta.name, one_of((MODE, SYMLINK)))

_MODE = re.compile(r"[0-7]{1,4}")


def modes(rows: Iterable[tuple[str, ...]]) -> dict[int, int]:
    """Permission bits by catalog id, from rows of the columns above; what is no mode is left out."""
    return {
        int(id_): int(value, 8)
        for id_, name, value in rows
        if name == MODE and _MODE.fullmatch(value) and id_.isdecimal()
    }


def targets(rows: Iterable[tuple[str, ...]]) -> dict[int, list[str]]:
    """What objects may be symbolic links to by catalog id, from rows of the columns above."""
    found: dict[int, list[str]] = {}
    for id_, name, value in rows:
        if name == SYMLINK and id_.isdecimal():
            found.setdefault(int(id_), []).append(value)
    return found


def set_mode(path: str, mode: int, *, is_collection: bool) -> Request:
    """Keep permission bits, whatever was kept before (706)."""
    return change_one("set", path, Avu(MODE, f"{mode:04o}"), is_collection=is_collection)


def make_link(path: str, target: str, *, resource: str | None) -> list[Request]:
    """Make a symbolic link: a data object that also other clients read its target from."""
    return [
        requests.open_object(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, resource=resource, checksum=""),
        requests.write(FIRST_DESCRIPTOR, target.encode()),
        requests.close(FIRST_DESCRIPTOR),
        change_one("set", path, Avu(SYMLINK, target), is_collection=False).after_all(),
    ]
