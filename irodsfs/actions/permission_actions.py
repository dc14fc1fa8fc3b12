"""Permissions of many entries: listed, set, taken away, copied; and whether collections pass them on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from irods.models import Collection
from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure, failed
from irodsfs.actions.metadata_owners import Owner, owners, to_each
from irodsfs.actions.workspace import Workspace
from irodsfs.grid import permissions
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import COLLECTION
from irodsfs.grid.permissions import Permission, level_name, level_of, levels_query
from irodsfs.grid.queries import Query, equal
from irodsfs.grid.zone import Zone

TOGETHER = 50
"""Entries that one flight is about."""


Change = Callable[[Owner], list[Request]]


class PermissionListing(Paths):
    recursive: bool = Field(default=False, description="of everything below, too")


class PermissionChange(Paths):
    user: str = Field(min_length=1, description="a user or group: name, or name#zone")
    level: str = Field(description="an access level by any of its names; null takes it away")
    recursive: bool = Field(default=False, description="for everything below, too")
    admin: bool = Field(default=False, description="as an administrator of the zone, whoever owns the entry")


class InheritanceChange(Paths):
    enabled: bool = Field(default=True)
    recursive: bool = Field(default=False, description="for collections below, too")
    admin: bool = Field(default=False, description="as an administrator of the zone, whoever owns the collection")


class PermissionCopy(Paths):
    source: str = Field(min_length=1, description="the entry whose permissions the paths are given")
    admin: bool = Field(default=False, description="as an administrator of the zone, whoever owns the entries")


@action("acl-ls", PermissionListing)
async def list_permissions(workspace: Workspace, parameters: PermissionListing) -> Records:
    """Who may do what, a record for each entry; of collections also whether what is made in them inherits it."""

    async def listed(found: list[Owner]) -> Records:
        for start in range(0, len(found), TOGETHER):
            for record in await _listed(workspace.zone, found[start : start + TOGETHER]):
                yield record

    found = owners(workspace, parameters, recursive=parameters.recursive)
    async with aclosing(to_each(found, listed)) as records:
        async for record in records:
            yield record


@action("acl-set", PermissionChange, changes=True)
async def set_permission(workspace: Workspace, parameters: PermissionChange) -> Records:
    """Give a user or group an access level on entries, or take it away."""
    try:
        level = level_of(parameters.level)
    except ValueError as error:
        raise Failure("", str(error), "name one of them, or read or write") from None
    name, _, zone = parameters.user.partition("#")

    def change(owner: Owner) -> list[Request]:
        recursive = parameters.recursive and owner.kind == COLLECTION
        return [permissions.grant(owner.name, name, zone, level, recursive=recursive, admin=parameters.admin)]

    async for record in _changed(workspace, parameters, change):
        yield record


@action("acl-inherit", InheritanceChange, changes=True)
async def set_inheritance(workspace: Workspace, parameters: InheritanceChange) -> Records:
    """Let what is made in collections get their permissions, or stop that."""

    def change(owner: Owner) -> list[Request]:
        if owner.kind != COLLECTION:
            raise Failure(owner.name, "is not a collection", "only collections pass permissions on")
        options = {"enabled": parameters.enabled, "recursive": parameters.recursive, "admin": parameters.admin}
        return [permissions.inherit(owner.name, **options)]

    async for record in _changed(workspace, parameters, change):
        yield record


@action("acl-cp", PermissionCopy, changes=True)
async def copy_permissions(workspace: Workspace, parameters: PermissionCopy) -> Records:
    """Give entries the permissions of another one; those that they have besides stay."""
    given: list[Permission] = []
    async for found in owners(workspace, Paths(paths=[parameters.source], literal=parameters.literal)):
        if isinstance(found, Failure):
            raise found
        for owner in found:
            given += await permissions.read_permissions(
                workspace.zone, owner.name, is_collection=owner.kind == COLLECTION
            )

    def change(owner: Owner) -> list[Request]:
        return [
            permissions.grant(owner.name, each.user, each.zone, each.level, admin=parameters.admin) for each in given
        ]

    async for record in _changed(workspace, parameters, change):
        yield record


async def _changed(workspace: Workspace, paths: Paths, change: Change) -> AsyncGenerator[Record]:
    """A record for each entry that the requests of `change` were done to, a failure for each other one."""
    async for found in owners(workspace, paths):
        if isinstance(found, Failure):
            yield found.record
            continue
        for start in range(0, len(found), TOGETHER):
            work: list[tuple[Owner, list[Request]]] = []
            for owner in found[start : start + TOGETHER]:
                try:
                    work.append((owner, change(owner)))
                except Failure as failure:
                    yield failure.record
            async for record in _carried_out(workspace, work):
                yield record


async def _carried_out(workspace: Workspace, work: Sequence[tuple[Owner, list[Request]]]) -> AsyncGenerator[Record]:
    requests = [request for _, each in work for request in each]
    replies = iter(await workspace.zone.fly(*requests) if requests else [])
    for owner, own in work:
        refused = [reply.failure() for reply in [next(replies) for _ in own] if reply.failed]
        await workspace.mount.changed(owner.name)
        yield failed(owner.name, refused[0]).record if refused else owner.record


async def _listed(zone: Zone, entries: Sequence[Owner]) -> list[Record]:
    """One flight for the levels of all of them, one for the names of the users."""
    collections = [owner for owner in entries if owner.kind == COLLECTION]
    inheriting = [Query((Collection.inheritance,), ((Collection.name, equal(owner.name)),)) for owner in collections]
    levels = [levels_query(owner.name, is_collection=owner.kind == COLLECTION) for owner in entries]
    found = await zone.query(*levels, *inheriting)
    inherits = {
        owner: any(value == "1" for (value,) in rows)
        for owner, rows in zip(collections, found[len(levels) :], strict=True)
    }
    users = await permissions.read_users(
        zone, entries[0].name, {id_ for rows in found[: len(levels)] for id_, _ in rows}
    )
    return [
        owner.record
        | {"permissions": [_record(users[id_], int(level)) for id_, level in sorted(rows) if id_ in users]}
        | ({"inherits": inherits[owner]} if owner in inherits else {})
        for owner, rows in zip(entries, found, strict=False)
    ]


def _record(user: tuple[str, str, str, str], level: int) -> Record:
    name, zone, _, kind = user
    return {"user": name, "zone": zone, "type": kind, "level": level_name(level)}
