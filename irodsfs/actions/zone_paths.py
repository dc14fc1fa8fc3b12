"""Paths as people write them, and the collections and data objects that they name."""

from __future__ import annotations

import itertools
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from irods.column import Column
from irods.models import Collection, DataObject

from irodsfs.actions.action import Paths
from irodsfs.actions.action_failures import MISSING, Failure, missing
from irodsfs.actions.wildcards import ANY_DEPTH, fits, has_wildcards, prefilter
from irodsfs.actions.workspace import Workspace
from irodsfs.grid import catalog_entries
from irodsfs.grid.names import LONGEST_PATH, zone_of
from irodsfs.grid.queries import Query, equal, one_of
from irodsfs.grid.zone import Zone

SCHEME = "irods:"

TOGETHER = 50
"""Paths that one condition names."""

DEPTH_OF_TOPS = 4
"""Names in the longest path of a collection that every zone has but may hide, /zone/trash/home."""

_COLLECTIONS = (Collection.name,)
_OBJECTS = (Collection.name, DataObject.name)


@dataclass(frozen=True, order=True)
class Named:
    """An entry of the zone that a path names, or one of those that fit it."""

    path: str
    is_collection: bool


def absolute(text: str, home: str) -> str:
    """The normalised logical path that is meant. Raises `Failure`."""
    path = text.removeprefix(SCHEME)
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    path = "/" + posixpath.normpath(posixpath.join(home, path)).lstrip("/")
    if "\0" in path:
        raise Failure(text, "no path in iRODS holds a NUL", "leave it out")
    if len(path.encode("utf-8", "surrogateescape")) > LONGEST_PATH:
        raise Failure(text, f"has more than {LONGEST_PATH} bytes", "shorten it")
    return path


async def resolve(workspace: Workspace, asked: Paths) -> list[Named | Failure]:
    """What the paths name, in their order, each entry once; a failure in the place of a path that names nothing.

    A path that exists as it is written is that, whatever wildcards are in it. Two flights, or one for some hundred
    paths without wildcards.
    """
    paths: dict[str, str | Failure] = {}
    for text in asked.paths:
        paths[text] = await checked_path(workspace, text)
    known = await _existing(workspace.zone, {each for each in paths.values() if isinstance(each, str)})
    found: dict[Named | Failure, None] = {}
    for text, path in paths.items():
        if isinstance(path, Failure):
            found[path] = None
        elif path in known:
            found[known[path]] = None
        elif not asked.literal and has_wildcards(path):
            matching = await _matching(workspace.zone, path)
            found |= dict.fromkeys(matching) if matching else {_fits_nothing(text): None}
        else:
            found[missing(text)] = None
    return list(found)


async def checked_path(workspace: Workspace, text: str) -> str | Failure:
    """The logical path that is meant, whether or not anything is there, in a zone that the server knows."""
    try:
        path = absolute(text, workspace.home)
    except Failure as failure:
        return failure
    # For a path in no zone a server hangs up, or looks into its own.
    if path != "/" and not has_wildcards(zone_of(path)) and not await workspace.zone.knows(zone_of(path)):
        reason = f"there is no zone {zone_of(path)}, and no mount of yours at that path"
        return Failure(text, reason, "name a path on a mount, or one that begins with a zone")
    return path


def _fits_nothing(text: str) -> Failure:
    return Failure(text, "nothing fits it", "check the wildcards", MISSING)


async def _existing(zone: Zone, paths: set[str]) -> dict[str, Named]:
    """Those of some paths that are there."""
    found: dict[str, Named] = {}
    by_zone: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths - {"/"}):
        by_zone[zone_of(path)].append(path)
    queries = list(itertools.chain.from_iterable(map(_lookups, by_zone.values())))
    for rows in await zone.query(*queries) if queries else []:
        for row in rows:
            path = "/".join(row)
            found[path] = Named(path, len(row) == 1)
    for path in paths - found.keys():
        top = await catalog_entries.find(zone, path) if _may_be_hidden(path) else None
        if top is not None:
            found[path] = Named(path, top.is_collection)
    return found


def _may_be_hidden(path: str) -> bool:
    return path == "/" or (path.count("/") < DEPTH_OF_TOPS and zone_of(path) != "" and not has_wildcards(path))


def _lookups(paths: Sequence[str]) -> Iterator[Query]:
    for condition in _being(Collection.name, paths):
        yield Query(_COLLECTIONS, (condition,))
    names: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parent, name = posixpath.split(path)
        names[parent].append(name)
    for parent, inside in names.items():
        for condition in _being(DataObject.name, inside):
            yield Query(_OBJECTS, ((Collection.name, equal(parent)), condition))


def _being(column: Column, values: Iterable[str]) -> Iterator[tuple[Column, str]]:
    """Conditions of which each fulfils one or another: a list can't hold quotes."""
    plain = []
    for value in values:
        if "'" in value:
            yield column, equal(value)
        else:
            plain.append(value)
    for start in range(0, len(plain), TOGETHER):
        some = plain[start : start + TOGETHER]
        yield column, equal(some[0]) if len(some) == 1 else one_of(some)


async def _matching(zone: Zone, path: str) -> list[Named]:
    """The entries that fit a path with wildcards, by path. One flight."""
    parent, name = posixpath.split(path)
    options = await zone.hint(path)
    if name == ANY_DEPTH:
        of_objects = [(Collection.name, prefilter(path))]
    else:
        of_objects = [(Collection.name, prefilter(parent) if has_wildcards(parent) else equal(parent))]
        if name != "*":
            of_objects.append((DataObject.name, prefilter(name) if has_wildcards(name) else equal(name)))
    collections, objects = await zone.query(
        Query(_COLLECTIONS, ((Collection.name, prefilter(path)),), options=options),
        Query(_OBJECTS, tuple(of_objects), options=options),
    )
    fitting = fits(path)
    found = [Named(name, True) for (name,) in collections] + [Named("/".join(row), False) for row in objects]
    return sorted(each for each in found if fitting.fullmatch(each.path) and each.path != "/")
