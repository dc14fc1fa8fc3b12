"""Guide, chapter 4, and the answer to `GET /server` of chapter 3."""

from __future__ import annotations

import posixpath
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from irodsfs.control.documents.base import Document, Instant, ObjectType, Place, instant, object_type
from irodsfs.grid.collections import Child, CollectionDetails

NORMAL = "NORMAL"


class ChildDocument(Document):
    """One entry of a listing; `count` is its place among those of its kind, `totalRecords` how many those are."""

    parentPath: str
    pathOrName: str
    specialObjectPath: str = ""
    objectType: ObjectType
    createdAt: Instant
    modifiedAt: Instant
    dataSize: int
    ownerName: str
    ownerZone: str
    id: Annotated[int, Place.ATTRIBUTE]
    specColType: Annotated[str, Place.ATTRIBUTE] = NORMAL
    count: Annotated[int, Place.ATTRIBUTE]
    lastResult: Annotated[bool, Place.ATTRIBUTE]
    totalRecords: Annotated[int, Place.ATTRIBUTE]

    @classmethod
    def of(cls, parent: str, child: Child, *, count: int, last: bool, total: int) -> ChildDocument:
        return cls(
            parentPath=parent,
            pathOrName=posixpath.join(parent, child.name) if child.is_collection else child.name,
            objectType=object_type(is_collection=child.is_collection),
            createdAt=instant(child.created),
            modifiedAt=instant(child.modified),
            dataSize=child.size,
            ownerName=child.owner,
            ownerZone=child.owner_zone,
            id=child.id,
            count=count,
            lastResult=last,
            totalRecords=total,
        )


class CollectionDocument(Document):
    """What the catalog holds of a collection; `children` only where they were asked for."""

    xml_name: ClassVar[str] = "collection"

    collectionId: Annotated[int, Place.ATTRIBUTE]
    collectionName: str
    objectPath: str = ""
    collectionParentName: str = Field(description="with a slash at the end")
    collectionOwnerName: str
    collectionOwnerZone: str
    collectionMapId: str
    collectionInheritance: Literal["0", "1"]
    comments: str
    info1: str
    info2: str
    createdAt: Instant
    modifiedAt: Instant
    specColType: str
    children: list[ChildDocument] | None = None

    @classmethod
    def of(cls, details: CollectionDetails, children: list[ChildDocument] | None = None) -> CollectionDocument:
        return cls(
            collectionId=details.id,
            collectionName=details.path,
            collectionParentName=posixpath.join(details.parent, ""),
            collectionOwnerName=details.owner,
            collectionOwnerZone=details.owner_zone,
            collectionMapId=details.map_id,
            collectionInheritance="1" if details.inherits else "0",
            comments=details.comments,
            info1=details.info1,
            info2=details.info2,
            createdAt=instant(details.created),
            modifiedAt=instant(details.modified),
            specColType=details.type or NORMAL,
            children=children,
        )
