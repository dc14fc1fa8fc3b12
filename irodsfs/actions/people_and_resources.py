"""Users, groups, resources and the server: what the zone tells of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from irods.models import Group, Resource, User
from pydantic import Field

from irodsfs.actions.action import NoParameters, Parameters, Record, Records, action
from irodsfs.actions.action_failures import MISSING, Failure
from irodsfs.actions.workspace import Workspace
from irodsfs.grid.queries import Query, Row, equal
from irodsfs.grid.resources import INTERNAL
from irodsfs.grid.server_info import read_server_info

GROUP = "rodsgroup"

_USER = (User.id, User.name, User.zone, User.type, User.info, User.comment, User.create_time, User.modify_time)
_RESOURCE = (
    Resource.id,
    Resource.name,
    Resource.type,
    Resource.location,
    Resource.vault_path,
    Resource.status,
    Resource.context,
    Resource.parent,
    Resource.free_space,
    Resource.comment,
)


class Names(Parameters):
    names: list[str] = Field(default=[], description="all when there are none")


@action("user", Names)
async def show_users(workspace: Workspace, parameters: Names) -> Records:
    """Users with the groups that they are in; a name may be name#zone."""
    users, memberships = await workspace.zone.query(Query(_USER), Query((User.id, Group.name)))
    groups = defaultdict(set)
    for id_, group in memberships:
        groups[id_].add(group)
    found = [row for row in users if row[3] != GROUP]
    for record in _chosen([_user(row, groups[row[0]]) for row in found], "user", parameters.names):
        yield record


@action("group", Names)
async def show_groups(workspace: Workspace, parameters: Names) -> Records:
    """Groups with their members."""
    groups, members = await workspace.zone.query(
        Query((User.id, User.name, User.zone), ((User.type, equal(GROUP)),)),
        Query((Group.name, User.name, User.zone, User.type)),
    )
    of = defaultdict(set)
    for group, name, zone, kind in members:
        if kind != GROUP:
            of[group].add(f"{name}#{zone}")
    records = [{"group": name, "zone": zone, "id": int(id_), "members": sorted(of[name])} for id_, name, zone in groups]
    for record in _chosen(records, "group", parameters.names):
        yield record


@action("resource", Names)
async def show_resources(workspace: Workspace, parameters: Names) -> Records:
    """Resources, those that hold others before what is in them, each with its hierarchy."""
    (rows,) = await workspace.zone.query(Query(_RESOURCE))
    by_id = {row[0]: row for row in rows if row[1] != INTERNAL}
    records = [_resource(row, _hierarchy(row, by_id)) for row in by_id.values()]
    for record in _chosen(records, "resource", parameters.names, order="hierarchy"):
        yield record


@action("server", NoParameters)
async def show_server(workspace: Workspace, parameters: NoParameters) -> Records:
    """The server behind, and as whom it is asked."""
    info, zone = await read_server_info(workspace.zone), workspace.zone
    yield {
        "release": info.release,
        "api_version": info.api_version,
        "zone": info.zone,
        "has_catalog": info.has_catalog,
        "started": info.boot_time or None,
        "user": f"{zone.identity.user}#{zone.identity.zone}",
    }


def _chosen(records: list[Record], kind: str, names: Sequence[str], order: str = "") -> list[Record]:
    """Those of the names in their order, a failure in the place of one that there is not; else all by name."""
    if not names:
        return sorted(records, key=lambda record: (record[order or kind], record.get("zone", "")))
    chosen: list[Record] = []
    for name in names:
        plain, _, zone = name.partition("#")
        fitting = [each for each in records if each[kind] == plain and zone in ("", each.get("zone"))]
        chosen += fitting or [Failure(name, f"the zone has no such {kind}", "check the name", MISSING).record]
    return chosen


def _user(row: Row, groups: set[str]) -> Record:
    id_, name, zone, kind, info, comment, created, modified = row
    record: Record = {"user": name, "zone": zone, "type": kind, "id": int(id_), "groups": sorted(groups - {name})}
    return record | {"info": info, "comment": comment, "created": int(created), "modified": int(modified)}


def _resource(row: Row, hierarchy: str) -> Record:
    id_, name, kind, host, vault, status, context, _, free, comment = row
    record: Record = {"resource": name, "type": kind, "id": int(id_), "hierarchy": hierarchy, "host": host}
    record |= {"vault": vault, "status": status, "context": context}
    return record | {"free_bytes": int(free) if free.isdecimal() else None, "comment": comment}


def _hierarchy(row: Row, by_id: dict[str, Row]) -> str:
    """Names from the root on, separated by semicolons as everywhere in iRODS."""
    names, parent = [row[1]], row[7]
    while parent in by_id and by_id[parent][1] not in names:
        names.append(by_id[parent][1])
        parent = by_id[parent][7]
    return ";".join(reversed(names))
