"""Data objects in full: each replica as the catalog holds it, checksums, copies."""

from __future__ import annotations

from dataclasses import dataclass

from irods.api_number import api_number
from irods.message import STR_PI, ObjCopyRequest, iRODSMessage
from irods.models import Collection, DataObject, Resource

from irodsfs.grid.catalog_entries import GOOD
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.queries import Query, Row, data_object_at
from irodsfs.grid.requests import data_object_input
from irodsfs.grid.zone import Zone

COPY_TARGET = 9
COPY_SOURCE = 10
REPLICATE = 6

_COLUMNS = (
    DataObject.id,
    DataObject.collection_id,
    Collection.name,
    DataObject.name,
    DataObject.replica_number,
    DataObject.version,
    DataObject.type,
    DataObject.size,
    DataObject.resource_name,
    DataObject.resc_hier,
    DataObject.path,
    DataObject.owner_name,
    DataObject.owner_zone,
    DataObject.replica_status,
    DataObject.status,
    DataObject.checksum,
    DataObject.expiry,
    DataObject.map_id,
    DataObject.comments,
    DataObject.create_time,
    DataObject.modify_time,
    Resource.location,
)


@dataclass(frozen=True)
class Replica:
    """A row of the catalog; size in bytes, times in seconds since 1970."""

    id: int
    collection_id: int
    collection: str
    name: str
    number: int
    version: str
    type: str
    size: int
    resource: str
    hierarchy: str
    physical_path: str
    owner: str
    owner_zone: str
    status: int
    data_status: str
    checksum: str
    expiry: str
    map_id: int
    comments: str
    created: int
    modified: int
    host: str
    """That of the server which has the resource, as the catalog names it."""


async def read_replicas(zone: Zone, path: str) -> list[Replica]:
    """All replicas of a data object, the one to be read first; none when it is missing or hidden from the user."""
    (rows,) = await zone.query(replicas_query(path))
    return replicas_of(rows)


def replicas_query(path: str) -> Query:
    """Asks for all replicas of a data object."""
    return Query(_COLUMNS, data_object_at(path))


def replicas_of(rows: list[Row]) -> list[Replica]:
    """The replicas that a `replicas_query` answered, the one to be read first."""
    return sorted(map(_replica, rows), key=lambda replica: (replica.status != GOOD, replica.number))


def _replica(row: Row) -> Replica:
    id_, collection_id, collection, name, number, version, kind, size, resource, hierarchy, physical, *rest = row
    owner, owner_zone, status, data_status, checksum, expiry, map_id, comments, created, modified, host = rest
    return Replica(
        int(id_), int(collection_id), collection, name, int(number), version, kind, int(size), resource, hierarchy,
        physical, owner, owner_zone, int(status), data_status, checksum, expiry, int(map_id or 0), comments,
        int(created), int(modified), host,
    )  # fmt: skip


def checksum(path: str, *, force: bool = False, verify: bool = False) -> Request:
    """Register the checksum where there is none, or anew with `force`; with `verify` compare it (629)."""
    keywords = {"forceChksum": ""} if force else {}
    keywords |= {"verifyChksum": ""} if verify else {}
    message = data_object_input(path, keywords, dataSize=0)
    return Request(api_number["DATA_OBJ_CHKSUM_AN"], message, by_path=True, slow=True)


def checksum_text(reply: Reply) -> str:
    """The checksum that a reply tells, such as `sha2:...`."""
    return str(iRODSMessage(msg=reply.check().body).get_main_message(STR_PI).myStr).strip()


def replicate(path: str, resource: str) -> Request:
    """Make a replica in a resource, or bring the one there up to date (695)."""
    message = data_object_input(path, {"destRescName": resource}, oprType=REPLICATE)
    return Request(api_number["DATA_OBJ_REPL_AN"], message, by_path=True, slow=True)


def trim(path: str, number: int) -> Request:
    """Remove one replica, unless it is the last good one (632); the answer's status is how many were removed."""
    message = data_object_input(path, {"replNum": str(number), "copies": "1"})
    return Request(api_number["DATA_OBJ_TRIM_AN"], message, by_path=True)


def copy(source: str, target: str, *, force: bool = False, resource: str | None = None) -> Request:
    """Copy a data object within the zone (696); with `force` onto one that exists."""
    keywords = ({"forceFlag": ""} if force else {}) | ({"destRescName": resource} if resource else {})
    message = ObjCopyRequest(
        srcDataObjInp_PI=data_object_input(source, {}, dataSize=0, oprType=COPY_SOURCE),
        destDataObjInp_PI=data_object_input(target, keywords, dataSize=0, oprType=COPY_TARGET),
    )
    return Request(api_number["DATA_OBJ_COPY_AN"], message, conditional=not force, by_path=force, slow=True)
