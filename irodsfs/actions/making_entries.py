"""Collections and empty data objects are made, times are set."""

from __future__ import annotations

import os
import posixpath
import time
from functools import partial

from irods.exception import CAT_NO_ACCESS_PERMISSION, CAT_UNKNOWN_COLLECTION, SYS_INVALID_INPUT_PARAM
from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import MISSING, Failure, failed
from irodsfs.actions.moments import moment
from irodsfs.actions.wildcards import has_wildcards
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import checked_path, resolve
from irodsfs.grid import requests
from irodsfs.grid.at_most_once import fly_once, is_there, perform_once
from irodsfs.grid.catalog_entries import find
from irodsfs.grid.collections import make_with_parents
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.error_kinds import is_taken
from irodsfs.grid.errors import ZONE_FAILURES


class Making(Paths):
    parents: bool = Field(default=False, description="make those above, too, and take one that exists for made")


class Touching(Paths):
    time: str | None = Field(default=None, description="as find --newer takes it; now when there is none")
    create: bool = Field(default=True, description="whether to make an empty data object where nothing is")


@action("mkdir", Making, changes=True)
async def make_collections(workspace: Workspace, parameters: Making) -> Records:
    """Make collections; no path has wildcards."""
    for text in parameters.paths:
        path = await checked_path(workspace, text)
        if isinstance(path, Failure):
            yield path.record
            continue
        try:
            yield await _made(workspace, path, parents=parameters.parents)
        except Failure as failure:
            yield failure.record
        except ZONE_FAILURES as error:
            yield failed(path, error).record


async def _made(workspace: Workspace, path: str, *, parents: bool) -> Record:
    zone, first = workspace.zone, path
    if parents:
        known = await find(zone, path)
        if known is not None and known.is_collection:
            return {"path": path, "made": False}
        while known is None and await find(zone, parent := posixpath.dirname(first)) is None:
            first = parent
    making = make_with_parents(path) if parents else requests.make_collection(path)
    outcome = await fly_once(zone, making, has_effect=partial(is_there, zone, path))
    # A mount may believe that those above are not there, either.
    await workspace.mount.changed(first)
    failure = None if outcome.done else outcome.replies[0].failure()
    if isinstance(failure, SYS_INVALID_INPUT_PARAM) and parents:
        # Servers go up from a collection that they do not show to the user, and end at the root of the zone.
        raise failed(path, CAT_NO_ACCESS_PERMISSION())
    if isinstance(failure, CAT_UNKNOWN_COLLECTION):
        reason = "the collection that is to hold it does not exist, or you may not see it"
        raise Failure(path, reason, "make that first, or use --parents", MISSING)
    if failure is not None:
        # Somebody else may have made it a moment ago.
        entry = await find(zone, path) if parents and is_taken(failure) else None
        if entry is None or not entry.is_collection:
            raise failed(path, failure)
    return {"path": path, "made": failure is None}


@action("touch", Touching, changes=True)
async def touch(workspace: Workspace, parameters: Touching) -> Records:
    """Set the modify time of entries, and make empty data objects where nothing is."""
    seconds = int(time.time()) if parameters.time is None else moment(parameters.time)
    for named in await resolve(workspace, parameters):
        path = named.path
        try:
            if isinstance(named, Failure):
                path = _to_be_made(named, await checked_path(workspace, path), parameters)
                if not parameters.create:
                    continue
            made = isinstance(named, Failure) and await _make_object(workspace, path)
            if not made or parameters.time is not None:
                await workspace.zone.perform(requests.touch(path, seconds), repeat=True)
        except Failure as failure:
            yield failure.record
        except ZONE_FAILURES as error:
            yield failed(path, error).record
        else:
            await workspace.mount.changed(path)
            yield {"path": path, "made": made}


def _to_be_made(failure: Failure, path: str | Failure, parameters: Touching) -> str:
    """The data object that a path which names nothing stands for. Raises the failure where it stands for none."""
    if failure.error != MISSING or isinstance(path, Failure) or (has_wildcards(path) and not parameters.literal):
        raise failure
    return path


async def _make_object(workspace: Workspace, path: str) -> bool:
    """False when somebody else has made one a moment ago."""
    zone = workspace.zone
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    opening = requests.open_object(path, flags, resource=workspace.resource)
    try:
        await perform_once(zone, opening, requests.close(FIRST_DESCRIPTOR), has_effect=partial(is_there, zone, path))
    except CAT_UNKNOWN_COLLECTION:
        reason = "the collection that is to hold it does not exist, or you may not see it"
        raise Failure(path, reason, "make that first", MISSING) from None
    except ZONE_FAILURES as error:
        if not is_taken(error):
            raise
        return False
    return True
