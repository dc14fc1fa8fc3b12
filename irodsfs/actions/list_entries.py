"""Listing what is directly in collections, alone or with all that belongs to it."""

from __future__ import annotations

from irods.models import Collection
from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure
from irodsfs.actions.entry_details import Details, read_entries, read_with_details
from irodsfs.actions.entry_rows import FoundEntry
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import DEPTH_OF_TOPS, Named, resolve
from irodsfs.grid import catalog_entries
from irodsfs.grid.catalog_entries import Scope
from irodsfs.grid.queries import data_object_at, equal
from irodsfs.grid.zone import Zone


class ListParameters(Paths):
    """What `ls` takes."""

    details: bool = Field(default=False, description="bring replicas, permissions and AVUs, too")
    itself: bool = Field(default=False, description="list collections themselves, not what is in them")


@action("ls", ListParameters)
async def ls(workspace: Workspace, parameters: ListParameters) -> Records:
    """List what is in collections, and data objects."""
    for named in await resolve(workspace, parameters):
        if isinstance(named, Failure):
            yield named.record
            continue
        listed = named.is_collection and not parameters.itself
        if listed:
            yield {"collection": named.path}
        for record in await _listing(workspace.zone, named, parameters, is_listed=listed):
            yield record


async def _listing(zone: Zone, named: Named, parameters: ListParameters, *, is_listed: bool) -> list[Record]:
    scope = directly_in(named.path) if is_listed else alone(named)
    if parameters.details:
        entries, details = await read_with_details(zone, named.path, scope)
    else:
        entries, details = await read_entries(zone, named.path, scope), Details({}, {})
    if is_listed:
        entries += await _hidden(zone, named.path, {entry.path for entry in entries})
    return [details.record(entry) if parameters.details else entry.record for entry in entries]


def directly_in(path: str) -> Scope:
    """What is in a collection."""
    return Scope(((Collection.parent_name, equal(path)),), ((Collection.name, equal(path)),))


def alone(named: Named) -> Scope:
    """An entry itself. No data object has the path of a collection, nor the other way round."""
    return Scope(((Collection.name, equal(named.path)),), data_object_at(named.path))


async def _hidden(zone: Zone, path: str, known: set[str]) -> list[FoundEntry]:
    """Collections that a zone has but does not show: what the user may see may lie below them."""
    if path != "/" and path.count("/") >= DEPTH_OF_TOPS - 1:
        return []
    listed = await catalog_entries.list_small_collection(zone, path) or []
    return [FoundEntry(0, each.path, "", "", 0, 0) for each in listed if each.is_collection and each.path not in known]
