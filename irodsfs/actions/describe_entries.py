"""All that the zone knows of an entry."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import asdict, replace

from irods.models import TicketQuery

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure, missing
from irodsfs.actions.disk_usage import usages
from irodsfs.actions.entry_details import permissions_of
from irodsfs.actions.entry_rows import LOCKED, STATES
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import Named, resolve
from irodsfs.grid.collections import collection_of, collection_query
from irodsfs.grid.data_objects import Replica, replicas_of, replicas_query
from irodsfs.grid.metadata import avus_of, avus_query
from irodsfs.grid.permissions import levels_query, read_users
from irodsfs.grid.queries import Query, Row, equal
from irodsfs.grid.zone import Zone

_TICKET = (
    TicketQuery.Ticket.string,
    TicketQuery.Ticket.type,
    TicketQuery.Ticket.uses_count,
    TicketQuery.Ticket.uses_limit,
    TicketQuery.Ticket.expiry_ts,
)


class InfoParameters(Paths):
    """What `info` takes."""


@action("info", InfoParameters)
async def info(workspace: Workspace, parameters: InfoParameters) -> Records:
    """Tell all that the zone knows of entries."""
    for named in await resolve(workspace, parameters):
        yield named.record if isinstance(named, Failure) else await _described(workspace.zone, named)


async def _described(zone: Zone, named: Named) -> Record:
    options = await zone.hint(named.path)
    about = collection_query(named.path) if named.is_collection else replicas_query(named.path)
    queries = (
        about,
        levels_query(named.path, is_collection=named.is_collection),
        avus_query(named.path, is_collection=named.is_collection),
        _tickets_query(named),
    )
    rows, levels, avus, tickets = await zone.query(*(replace(query, options=options) for query in queries))
    if not rows:
        return _hidden(named)
    users = await read_users(zone, named.path, {user for user, _ in levels})
    told = await _collection(zone, named, rows[0]) if named.is_collection else _object(named, replicas_of(rows))
    told["permissions"] = permissions_of([("", user, level) for user, level in levels], users).get("", [])
    told["avus"] = [asdict(avu) for avu in avus_of(avus)]
    told["tickets"] = list(_tickets(tickets))
    return told


def _hidden(named: Named) -> Record:
    """A collection that is there, of which the zone shows nothing."""
    if not named.is_collection:
        return missing(named.path).record
    return {"path": named.path, "type": "collection"}


async def _collection(zone: Zone, named: Named, row: Row) -> Record:
    found = collection_of(row)
    usage = (await usages(zone, named, 0))[named.path]
    return {
        "path": found.path,
        "type": "collection",
        "id": found.id,
        "owner": found.owner,
        "owner_zone": found.owner_zone,
        "created": found.created,
        "modified": found.modified,
        "inherits": found.inherits,
        "comments": found.comments,
        "special_type": found.type,
        "special_target": found.info1,
        "size": usage.size,
        "data_objects": usage.data_objects,
        "collections": usage.collections,
    }


def _object(named: Named, replicas: list[Replica]) -> Record:
    best = replicas[0]
    return {
        "path": named.path,
        "type": "data_object",
        "id": best.id,
        "owner": best.owner,
        "owner_zone": best.owner_zone,
        "created": min(replica.created for replica in replicas),
        "modified": best.modified,
        "size": best.size,
        "checksum": best.checksum,
        "data_type": best.type,
        "comments": best.comments,
        "expiry": best.expiry,
        "replicas": [_replica(replica) for replica in sorted(replicas, key=lambda each: each.number)],
    }


def _replica(replica: Replica) -> Record:
    return {
        "number": replica.number,
        "state": STATES.get(replica.status, LOCKED),
        "size": replica.size,
        "modified": replica.modified,
        "checksum": replica.checksum,
        "resource": replica.resource,
        "hierarchy": replica.hierarchy,
        "physical_path": replica.physical_path,
    }


def _tickets_query(named: Named) -> Query:
    if named.is_collection:
        return Query(_TICKET, ((TicketQuery.Collection.name, equal(named.path)),))
    parent, name = posixpath.split(named.path)
    place = ((TicketQuery.DataObject.coll, equal(parent)), (TicketQuery.DataObject.name, equal(name)))
    return Query(_TICKET, place)


def _tickets(rows: Iterable[Row]) -> Iterable[Record]:
    for string, kind, uses, limit, expiry in sorted(rows):
        yield {
            "ticket": string,
            "type": kind,
            "uses": int(uses or 0),
            "uses_limit": int(limit or 0) or None,
            "expires": int(expiry) if expiry.strip() else None,
        }
