"""Guide, chapter 7: data objects; and their replicas, which it has not."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from irodsfs.control.documents.base import Document, Instant, Place, instant
from irodsfs.grid.data_objects import Replica


class DataObjectDocument(Document):
    """What the catalog holds of a data object, by its best replica; `dataSize` in bytes."""

    xml_name: ClassVar[str] = "dataObject"

    id: Annotated[int, Place.ATTRIBUTE]
    collectionId: Annotated[int, Place.ATTRIBUTE]
    dataName: str
    collectionName: str
    dataReplicationNumber: int
    dataVersion: int
    dataTypeName: str
    dataSize: int
    resourceGroupName: str = ""
    resourceName: str
    dataPath: str
    dataOwnerName: str
    dataOwnerZone: str
    replicationStatus: str
    dataStatus: str
    checksum: str
    expiry: str
    dataMapId: int
    comments: str
    createdAt: Instant
    updatedAt: Instant
    specColType: str = "NORMAL"
    objectPath: str = ""

    @classmethod
    def of(cls, replica: Replica) -> DataObjectDocument:
        return cls(
            id=replica.id,
            collectionId=replica.collection_id,
            dataName=replica.name,
            collectionName=replica.collection,
            dataReplicationNumber=replica.number,
            dataVersion=int(replica.version) if replica.version.isdecimal() else 0,
            dataTypeName=replica.type,
            dataSize=replica.size,
            resourceName=replica.resource,
            dataPath=replica.physical_path,
            dataOwnerName=replica.owner,
            dataOwnerZone=replica.owner_zone,
            replicationStatus=str(replica.status),
            dataStatus=replica.data_status,
            checksum=replica.checksum,
            expiry=replica.expiry.lstrip("0"),
            dataMapId=replica.map_id,
            comments=replica.comments,
            createdAt=instant(replica.created),
            updatedAt=instant(replica.modified),
        )


class ReplicaDocument(Document):
    """One replica, on the server `host`; `size` in bytes, `status` 0 stale, 1 good, 2 intermediate, 3 and 4 locked."""

    number: int
    status: int
    size: int
    resource: str
    hierarchy: str
    host: str
    path: str
    checksum: str
    createdAt: Instant
    updatedAt: Instant

    @classmethod
    def of(cls, replica: Replica) -> ReplicaDocument:
        return cls(
            number=replica.number,
            status=replica.status,
            size=replica.size,
            resource=replica.resource,
            hierarchy=replica.hierarchy,
            host=replica.host,
            path=replica.physical_path,
            checksum=replica.checksum,
            createdAt=instant(replica.created),
            updatedAt=instant(replica.modified),
        )


class ReplicaListing(Document):
    """All replicas of a data object, the best one first."""

    xml_name: ClassVar[str] = "replicas"

    path: str
    replica: list[ReplicaDocument]


class ChecksumDocument(Document):
    """A checksum as the catalog holds it, with the name of its scheme in front."""

    xml_name: ClassVar[str] = "checksum"

    path: str
    checksum: str = Field(examples=["sha2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="])
