"""Metadata of many entries, users and resources: listed, added, set, removed, copied; with counts of what changed."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated, Literal

from irods.exception import CAT_SUCCESS_BUT_WITH_NO_INFO, CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, iRODSException
from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure, failed
from irodsfs.actions.metadata_owners import Owner, avus_of_owners, owners, to_each
from irodsfs.actions.workspace import Workspace
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.metadata import Avu, can_be_replaced, change_of, overlong
from irodsfs.grid.zone import Zone

TOGETHER = 100
"""Requests of one flight."""

UNCHANGED = (CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, CAT_SUCCESS_BUT_WITH_NO_INFO)
"""An AVU is there already, or was not there to be removed."""

Triple = Annotated[list[str], Field(min_length=1, max_length=3)]


class Metadata(Paths):
    """Whose metadata: of entries, and with `recursive` of what is below them; or of users, or of resources."""

    recursive: bool = Field(default=False, description="of everything below, too")
    users: list[str] = Field(default=[], description="names, or name#zone; no paths then")
    resources: list[str] = Field(default=[], description="names; no paths then")


class MetadataListing(Metadata):
    attributes: list[str] = Field(default=[], description="only those; all when there are none")


class MetadataChange(Metadata):
    operation: Literal["add", "set", "rm"]
    avus: list[Triple] = Field(default=[], description="attribute, value, units; rm takes an attribute alone, too")
    everything: bool = Field(default=False, description="rm: all there are")


class MetadataCopy(Metadata):
    source: str = Field(min_length=1, description="the entry whose metadata the paths are given, too")
    move: bool = Field(default=False, description="true: the source has none afterwards")


@action("meta-ls", MetadataListing)
async def list_metadata(workspace: Workspace, parameters: MetadataListing) -> Records:
    """Metadata, one AVU in a record, by path or name."""
    wanted = set(parameters.attributes)

    async def listed(found: list[Owner]) -> Records:
        for owner, avus in await avus_of_owners(workspace.zone, found):
            for avu in avus:
                if not wanted or avu.attribute in wanted:
                    yield owner.record | _record(avu)

    async with aclosing(to_each(_owners(workspace, parameters), listed)) as records:
        async for record in records:
            yield record


@action("meta-change", MetadataChange, changes=True)
async def change_metadata(workspace: Workspace, parameters: MetadataChange) -> Records:
    """Add, set or remove AVUs; each record says how many of an entry changed, and how many were so already."""
    avus = [_avu(parameters.operation, triple) for triple in parameters.avus]
    if not avus and not parameters.everything:
        raise Failure("", "there is no metadata to work with", "give an attribute and a value")

    async def changed(found: list[Owner]) -> Records:
        needs_reading = parameters.operation != "add" and not all(_is_one_request(parameters, avu) for avu in avus)
        known = dict(await avus_of_owners(workspace.zone, found)) if needs_reading or parameters.everything else {}
        work = [(owner, _requests(owner, parameters, avus, known.get(owner))) for owner in found]
        async for record in _carried_out(workspace, work):
            yield record

    async with aclosing(to_each(_owners(workspace, parameters), changed)) as records:
        async for record in records:
            yield record


@action("meta-cp", MetadataCopy, changes=True)
async def copy_metadata(workspace: Workspace, parameters: MetadataCopy) -> Records:
    """Give entries the metadata of another one as well."""
    source = Paths(paths=[parameters.source], literal=parameters.literal)
    avus: list[Avu] = []
    sources: list[Owner] = []
    async for found in owners(workspace, source):
        if isinstance(found, Failure):
            raise found
        for owner, its in await avus_of_owners(workspace.zone, found):
            sources.append(owner)
            avus += its

    def added(found: list[Owner]) -> Records:
        work = [(owner, [change_of(owner.kind, owner.name, "add", avu) for avu in avus]) for owner in found]
        return _carried_out(workspace, work)

    complete = True
    async with aclosing(to_each(_owners(workspace, parameters), added)) as records:
        async for record in records:
            complete = complete and "failure" not in record
            yield record
    if parameters.move and complete:
        removals = [(owner, [change_of(owner.kind, owner.name, "rm", avu) for avu in avus]) for owner in sources]
        async for record in _carried_out(workspace, removals):
            if "failure" in record:
                yield record


def _owners(workspace: Workspace, asked: Metadata) -> AsyncGenerator[list[Owner] | Failure]:
    return owners(workspace, asked, recursive=asked.recursive, users=asked.users, resources=asked.resources)


def _avu(operation: str, triple: Sequence[str]) -> Avu:
    """Raises `Failure` for what no zone can hold."""
    avu = Avu(*[*triple, "", ""][:3])
    for name, _, longest in overlong(avu):
        raise Failure("", f"the {name} has more than {longest} bytes", "shorten it")
    if not avu.attribute or (not avu.value and operation != "rm"):
        raise Failure("", "an attribute and its value can't be empty", "give both")
    return avu


def _is_one_request(parameters: MetadataChange, avu: Avu) -> bool:
    if parameters.operation == "rm":
        return bool(avu.value)
    others = [each for each in parameters.avus if each[0] == avu.attribute]
    return len(others) == 1 and can_be_replaced(avu.attribute)


def _requests(
    owner: Owner, parameters: MetadataChange, avus: Sequence[Avu], known: Sequence[Avu] | None
) -> list[Request]:
    """What changes the metadata of one owner, as one AVU in a request."""
    change = partial(change_of, owner.kind, owner.name)
    there = known or []
    if parameters.everything:
        return [change("rm", avu) for avu in there]
    requests: list[Request] = []
    for avu in dict.fromkeys(avus):
        if parameters.operation == "add":
            requests.append(change("add", avu))
        elif _is_one_request(parameters, avu):
            requests.append(change(parameters.operation, avu))
        elif parameters.operation == "rm":
            requests += [change("rm", each) for each in there if each.attribute == avu.attribute]
        elif avu not in there:
            requests.append(change("add", avu))
    if parameters.operation == "set":
        wanted, named = set(avus), {avu.attribute for avu in avus if not _is_one_request(parameters, avu)}
        requests += [change("rm", each) for each in there if each.attribute in named and each not in wanted]
    return requests


async def _carried_out(workspace: Workspace, work: Iterable[tuple[Owner, list[Request]]]) -> AsyncGenerator[Record]:
    """A record for each owner, a failure for one of which something could not be done."""
    for some in _flights(work):
        replies = await _fly(workspace.zone, list(itertools.chain.from_iterable(requests for _, requests in some)))
        for owner, requests in some:
            own, replies = replies[: len(requests)], replies[len(requests) :]
            if owner.is_entry:
                await workspace.mount.changed(owner.name)
            yield _outcome(owner, own)


async def _fly(zone: Zone, requests: list[Request]) -> list[Reply]:
    return await zone.fly(*requests) if requests else []


def _flights(work: Iterable[tuple[Owner, list[Request]]]) -> Iterable[list[tuple[Owner, list[Request]]]]:
    some: list[tuple[Owner, list[Request]]] = []
    for each in work:
        if some and sum(len(requests) for _, requests in some) + len(each[1]) > TOGETHER:
            yield some
            some = []
        some.append(each)
    if some:
        yield some


def _outcome(owner: Owner, replies: Sequence[Reply]) -> Record:
    changed = unchanged = 0
    worst: iRODSException | None = None
    for reply in replies:
        failure = reply.failure() if reply.failed else None
        if failure is None:
            changed += 1
        elif isinstance(failure, UNCHANGED):
            unchanged += 1
        else:
            worst = worst or failure
    if worst is not None:
        return failed(owner.name, worst).record
    return owner.record | {"changed": changed, "unchanged": unchanged}


def _record(avu: Avu) -> Record:
    return {"attribute": avu.attribute, "value": avu.value, "units": avu.units}
