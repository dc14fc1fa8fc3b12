"""Data objects and collections are removed, into the trash of the zone or for good."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import MISSING, Failure, failed
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import Named, resolve
from irodsfs.grid import requests
from irodsfs.grid.at_most_once import fly_once, is_gone
from irodsfs.grid.collections import remove_tree
from irodsfs.grid.errors import ZONE_FAILURES, ZoneUnreachable
from irodsfs.grid.names import zone_of
from irodsfs.grid.zone import Zone

TOGETHER = 50
"""Data objects of one flight."""


class Removing(Paths):
    recursive: bool = Field(default=False, description="collections, too, with all that is in them")
    permanent: bool = Field(default=False, description="for good, and not into the trash")
    ignore_missing: bool = Field(default=False, description="whether a path that names nothing is fine")


@action("rm", Removing, changes=True)
async def remove(workspace: Workspace, parameters: Removing) -> Records:
    """Remove entries, into the trash of the zone unless for good; what is in the trash already goes for good."""
    objects: list[str] = []
    for named in await resolve(workspace, parameters):
        if isinstance(named, Failure):
            if named.error != MISSING or not parameters.ignore_missing:
                yield named.record
        elif not named.is_collection:
            objects.append(named.path)
        else:
            yield await _without_tree(workspace, named, parameters)
    for start in range(0, len(objects), TOGETHER):
        some = objects[start : start + TOGETHER]
        async for record in _without(workspace, some, permanent=parameters.permanent):
            yield record


def is_kept(path: str, *, permanent: bool) -> bool:
    """Whether the trash is to have what is removed."""
    return not permanent and not path.startswith(f"/{zone_of(path)}/trash/")


async def _without_tree(workspace: Workspace, named: Named, parameters: Removing) -> Record:
    path, kept = named.path, is_kept(named.path, permanent=parameters.permanent)
    if path.count("/") == 1:
        return Failure(path, "is a whole zone, or all of them", "remove the collections in it").record
    if not parameters.recursive:
        return Failure(path, "is a collection", "use --recursive to remove it with all that is in it").record
    try:
        await remove_collection(workspace, path, kept=kept)
    except ZONE_FAILURES as error:
        return failed(path, error).record
    return {"path": path, "trash": kept}


async def remove_collection(workspace: Workspace, path: str, *, kept: bool) -> None:
    """Remove a collection with all that is in it. Raises the zone's error."""
    try:
        reply = await workspace.zone.pool.converse(remove_tree(path, trash=kept))
        reply.check()
    except ZoneUnreachable:
        # Where the line broke, it may have gone.
        if not await is_gone(workspace.zone, path):
            raise
    finally:
        await workspace.mount.changed(path)


async def _without(workspace: Workspace, paths: Sequence[str], *, permanent: bool) -> AsyncGenerator[Record]:
    """A record for each data object that went, a failure for each that did not."""
    zone = workspace.zone
    kept = [is_kept(path, permanent=permanent) for path in paths]
    removing = [requests.unlink(path, trash=trash) for path, trash in zip(paths, kept, strict=True)]
    outcome = await fly_once(zone, *removing, has_effect=lambda: _are_gone(zone, paths))
    for path, trash, reply in zip(paths, kept, outcome.replies, strict=True):
        await workspace.mount.changed(path)
        if outcome.done or not reply.failed or (outcome.doubtful and await is_gone(zone, path)):
            yield {"path": path, "trash": trash}
        else:
            yield failed(path, reply.failure()).record


async def _are_gone(zone: Zone, paths: Sequence[str]) -> bool:
    for path in paths:
        if not await is_gone(zone, path):
            return False
    return True
