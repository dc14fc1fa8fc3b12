"""AVUs of collections and data objects: read in one query, changed in one request where one zone has both ends.

A single change goes by 706, which costs a server a sixth of the atomic API (20002); that one is for several at once. In
another zone only 706 will do: the atomic API would change what has the same number in the catalog of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from irods.api_number import api_number
from irods.column import Column
from irods.message import MetadataRequest
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta

from irodsfs.grid import requests
from irodsfs.grid.flight import Request
from irodsfs.grid.queries import MORE_WAS_THERE, Query, Row, data_object_at, equal
from irodsfs.grid.zone import Zone

LONGEST_VALUE = 2700
"""Bytes that the catalog holds of an attribute name or a value."""

LONGEST_UNITS = 250

COLLECTION, DATA_OBJECT, USER, RESOURCE = "collection", "data_object", "user", "resource"
_OPTIONS = {COLLECTION: "-C", DATA_OBJECT: "-d", USER: "-u", RESOURCE: "-R"}
"""What has metadata, and what servers call it."""


@dataclass(frozen=True, order=True)
class Avu:
    """Attribute, value, units."""

    attribute: str
    value: str
    units: str = ""


def overlong(avu: Avu) -> Iterator[tuple[str, int, int]]:
    """What is too long of an AVU for a zone: attribute, value or unit, its bytes, and how many there may be."""
    parts = (("attribute", avu.attribute, LONGEST_VALUE), ("value", avu.value, LONGEST_VALUE))
    for name, text, longest in (*parts, ("unit", avu.units, LONGEST_UNITS)):
        size = len(text.encode("utf-8", "surrogateescape"))
        if size > longest:
            yield name, size, longest


async def read_avus(zone: Zone, path: str, *, is_collection: bool) -> list[Avu]:
    """All AVUs of a collection or data object, in the order in which the zone made them."""
    (rows,) = await zone.query(avus_query(path, is_collection=is_collection))
    return avus_of(rows)


def avus_of(rows: list[Row]) -> list[Avu]:
    """The AVUs that an `avus_query` answered, in the order in which the zone made them."""
    in_order = sorted((int(id_), Avu(attribute, value, units)) for id_, attribute, value, units in rows)
    return [avu for _, avu in in_order]


async def read_avus_in(zone: Zone, collection: str, limit: int, *, of_collections: bool) -> dict[str, list[Avu]] | None:
    """The AVUs of all data objects (or of all collections) directly in a collection, by name.

    None when there are more than `limit`.
    """
    if of_collections:
        columns = (Collection.name, *_columns(CollectionMeta))
        place = (Collection.parent_name, equal(collection))
    else:
        columns = (DataObject.name, *_columns(DataObjectMeta))
        place = (Collection.name, equal(collection))
    (found,) = await zone.pages(Query(columns, (place,), max_rows=limit, whole=False))
    if found.continuation == MORE_WAS_THERE:
        return None
    avus: dict[str, list[Avu]] = {}
    for owner, _, attribute, value, units in sorted(found.rows, key=lambda row: int(row[1])):
        avus.setdefault(owner.rpartition("/")[2], []).append(Avu(attribute, value, units))
    return avus


def avus_query(path: str, *, is_collection: bool) -> Query:
    """Asks for all AVUs of a collection or data object."""
    if is_collection:
        return Query(_columns(CollectionMeta), ((Collection.name, equal(path)),))
    return Query(_columns(DataObjectMeta), data_object_at(path))


def _columns(table: type[DataObjectMeta | CollectionMeta]) -> tuple[Column, ...]:
    return (table.id, table.name, table.value, table.units)


def changes(zone: Zone, path: str, *, is_collection: bool, remove: Sequence[Avu], add: Sequence[Avu]) -> list[Request]:
    """A flight that removes and adds AVUs: all or nothing, but in another zone, where what is added comes first."""
    if len(remove) + len(add) == 1 or not zone.holds(path):
        adding = [change_one("add", path, avu, is_collection=is_collection) for avu in add]
        return adding + [change_one("rm", path, avu, is_collection=is_collection).after_all() for avu in remove]
    operations = [_operation("remove", avu) for avu in remove] + [_operation("add", avu) for avu in add]
    value = {
        "entity_name": path,
        "entity_type": "collection" if is_collection else "data_object",
        "operations": operations,
    }
    return [requests.json_change("ATOMIC_APPLY_METADATA_OPERATIONS_APN", value)] if operations else []


def replace_with(path: str, avu: Avu, *, is_collection: bool) -> Request:
    """Make an AVU the only one of its attribute (706), whatever there was; see `can_be_replaced`."""
    return change_one("set", path, avu, is_collection=is_collection)


def can_be_replaced(attribute: str) -> bool:
    """False where the server would take the attribute's name for a pattern, and others' AVUs for what it matches."""
    return not any(wildcard in attribute for wildcard in "%_\\")


def change_one(operation: str, path: str, avu: Avu, *, is_collection: bool) -> Request:
    """Add (`add`) or remove (`rm`) one AVU, or make it the only one of its attribute (`set`), by 706."""
    return change_of(COLLECTION if is_collection else DATA_OBJECT, path, operation, avu)


def change_of(kind: str, name: str, operation: str, avu: Avu) -> Request:
    """The same for whatever has metadata, users and resources included; `name` is the path of an entry."""
    message = MetadataRequest(operation, _OPTIONS[kind], name, avu.attribute, avu.value, avu.units)
    return Request(api_number["MOD_AVU_METADATA_AN"], message, by_path=True)


def _operation(kind: str, avu: Avu) -> dict[str, str]:
    operation = {"operation": kind, "attribute": avu.attribute, "value": avu.value}
    return operation | {"units": avu.units} if avu.units else operation
