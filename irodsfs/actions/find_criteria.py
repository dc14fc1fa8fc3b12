"""What `find` is asked for: criteria as conditions that the server tests, and as tests of what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from irods.models import Collection, DataObject
from pydantic import Field

from irodsfs.actions.action import Paths
from irodsfs.actions.action_failures import Failure
from irodsfs.actions.criteria import AvuCriterion, Comparison, avu_criterion, comparison, size_comparison
from irodsfs.actions.entry_rows import FoundEntry
from irodsfs.actions.moments import moment
from irodsfs.actions.wildcards import fits, prefilter
from irodsfs.grid.catalog_entries import Condition
from irodsfs.grid.queries import starts_with

COLLECTION, OBJECT = "collection", "data_object"
TYPES = {"d": COLLECTION, "c": COLLECTION, COLLECTION: COLLECTION, "f": OBJECT, "object": OBJECT, OBJECT: OBJECT}

Test = Callable[[FoundEntry], bool]


class FindParameters(Paths):
    """Criteria, all of which must hold; of a list of them each one."""

    name: list[str] = Field(default=[], description="wildcards that the last name fits")
    path: list[str] = Field(default=[], description="wildcards, for slashes too, that the logical path fits")
    type: str | None = Field(default=None, description="f: data objects; d: collections")
    size: list[str] = Field(default=[], description="bytes, as >1M, <4k, 0")
    newer: str | None = Field(default=None, description="changed since then: 2h, 7d, 2026-11-27")
    older: str | None = Field(default=None, description="not changed since then")
    owner: list[str] = Field(default=[], description="name, or name#zone")
    resource: list[str] = Field(default=[], description="a resource that holds a replica, or one above it")
    checksum: list[str] = Field(default=[], description="as the zone has registered it")
    avu: list[str] = Field(default=[], description="an AVU of the entry: A, A=V, A=V;U, A like V%, A>5, A in V,W")
    coll_avu: list[str] = Field(default=[], description="an AVU of the collection, or of that which an object is in")
    min_depth: int = Field(default=0, ge=0, description="0 is the path itself")
    max_depth: int | None = Field(default=None, ge=0)


@dataclass(frozen=True)
class Criteria:
    """Conditions for the server, which let pass what fulfils them all, and `tests` that decide.

    `of_replicas`: some conditions are about replicas, so that not all replicas of what passes are known.
    """

    types: frozenset[str]
    on_collections: tuple[Condition, ...]
    on_objects: tuple[Condition, ...]
    tests: tuple[Test, ...]
    of_replicas: bool
    avus: tuple[AvuCriterion, ...]
    collection_avus: tuple[AvuCriterion, ...]

    def accept(self, entry: FoundEntry) -> bool:
        return all(test(entry) for test in self.tests)

    def doubts(self, entry: FoundEntry) -> bool:
        """Whether a replica that is not known may decide."""
        return self.of_replicas and not entry.is_collection and entry.best.state != "good"


def criteria_of(parameters: FindParameters) -> Criteria:
    """Raises `Failure` for a criterion that makes no sense."""
    types = {COLLECTION, OBJECT}
    if parameters.type is not None:
        if parameters.type.lower() not in TYPES:
            raise Failure(parameters.type, "is no type of entry", "write f for data objects, d for collections")
        types = {TYPES[parameters.type.lower()]}
    building = _Building()
    building.add_names(parameters)
    building.add_times(parameters)
    building.add_owners(map(comparison, parameters.owner))
    building.add_sizes(map(size_comparison, parameters.size))
    building.add_replicas(map(comparison, parameters.resource), map(comparison, parameters.checksum))
    if building.objects_only:
        types.discard(COLLECTION)
    return Criteria(
        frozenset(types),
        tuple(building.on_collections),
        tuple(building.on_objects),
        tuple(building.tests),
        building.of_replicas,
        tuple(map(avu_criterion, parameters.avu)),
        tuple(map(avu_criterion, parameters.coll_avu)),
    )


class _Building:
    def __init__(self) -> None:
        self.on_collections: list[Condition] = []
        self.on_objects: list[Condition] = []
        self.tests: list[Test] = []
        self.of_replicas = False
        self.objects_only = False

    def add_names(self, parameters: FindParameters) -> None:
        for name in parameters.name:
            self.tests.append(_named(fits(name, across=True)))
            self.on_objects.append((DataObject.name, prefilter(name)))
            self.on_collections.append((Collection.name, prefilter(f"*/{name}")))
        for path in parameters.path:
            self.tests.append(_at(fits(path, across=True)))
            self.on_collections.append((Collection.name, prefilter(path)))

    def add_times(self, parameters: FindParameters) -> None:
        for text, operator in ((parameters.newer, ">="), (parameters.older, "<")):
            if text is None:
                continue
            self.of_replicas = True
            limit = moment(text)
            self.tests.append(partial(_is_of_time, Comparison(operator, (str(limit),))))
            condition = f"{operator} '{limit:011d}'"
            self.on_collections.append((Collection.modify_time, condition))
            self.on_objects.append((DataObject.modify_time, condition))

    def add_owners(self, owners: Iterable[Comparison]) -> None:
        for owner in owners:
            has_zone = any("#" in value for value in owner.values)
            self.tests.append(partial(_is_owner, owner, has_zone))
            if not has_zone and owner.condition is not None:
                self.on_collections.append((Collection.owner_name, owner.condition))
                self.on_objects.append((DataObject.owner_name, owner.condition))

    def add_sizes(self, sizes: Iterable[Comparison]) -> None:
        for size in sizes:
            self.of_replicas = self.objects_only = True
            self.tests.append(partial(_is_of_size, size))
            self.on_objects.append((DataObject.size, size.condition or f"{size.operator} '{size.value}'"))

    def add_replicas(self, resources: Iterable[Comparison], checksums: Iterable[Comparison]) -> None:
        for resource in resources:
            self.of_replicas = self.objects_only = True
            self.tests.append(partial(_is_stored, resource))
            if resource.operator == "=":
                self.on_objects.append((DataObject.resc_hier, _within(resource.value)))
        for checksum in checksums:
            self.of_replicas = self.objects_only = True
            self.tests.append(partial(_has_checksum, checksum))
            if checksum.condition is not None and checksum.values != ("",):
                self.on_objects.append((DataObject.checksum, checksum.condition))


def _named(fitting: re.Pattern[str]) -> Test:
    return lambda entry: fitting.fullmatch(entry.name) is not None


def _at(fitting: re.Pattern[str]) -> Test:
    return lambda entry: fitting.fullmatch(entry.path) is not None


def _is_of_time(time: Comparison, entry: FoundEntry) -> bool:
    return time.test(str(entry.modified))


def _is_of_size(size: Comparison, entry: FoundEntry) -> bool:
    return size.test(str(entry.best.size))


def _has_checksum(checksum: Comparison, entry: FoundEntry) -> bool:
    return checksum.test(entry.best.checksum)


def _is_owner(owner: Comparison, has_zone: bool, entry: FoundEntry) -> bool:
    return owner.test(f"{entry.owner}#{entry.owner_zone}" if has_zone else entry.owner)


def _is_stored(resource: Comparison, entry: FoundEntry) -> bool:
    return any(resource.test(name) for replica in entry.replicas for name in replica.hierarchy.split(";"))


def _within(resource: str) -> str:
    """The condition that a hierarchy holds a resource, and may hold others of which it is a part of the name."""
    return starts_with(resource).replace("like '", "like '%", 1)
