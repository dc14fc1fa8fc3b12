"""Guide, chapters 5 and 8: AVUs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from irodsfs.control.documents.base import Document, ObjectType, Place, object_type
from irodsfs.grid.metadata import Avu


class AvuEntry(Document):
    """One AVU of a listing; `totalRecords` is 0, as the guide's service left it."""

    attribute: str
    value: str
    unit: str
    count: Annotated[int, Place.ATTRIBUTE]
    lastResult: Annotated[bool, Place.ATTRIBUTE] = True
    totalRecords: Annotated[int, Place.ATTRIBUTE] = 0


class MetadataListing(Document):
    """All AVUs of an entry; `uniqueNameString` is its path without the first slash."""

    xml_name: ClassVar[str] = "metadataListing"

    metadataEntries: list[AvuEntry]
    objectType: Annotated[ObjectType, Place.ATTRIBUTE]
    uniqueNameString: str

    @classmethod
    def of(cls, path: str, avus: list[Avu], *, is_collection: bool) -> MetadataListing:
        return cls(
            metadataEntries=[
                AvuEntry(attribute=avu.attribute, value=avu.value, unit=avu.units, count=count)
                for count, avu in enumerate(avus, start=1)
            ],
            objectType=object_type(is_collection=is_collection),
            uniqueNameString=path.removeprefix("/"),
        )


class GivenAvu(Document):
    """An AVU to add or delete. What a listing tells of it besides may be sent back and means nothing."""

    attribute: str = Field(min_length=1)
    value: str = Field(min_length=1)
    unit: str = ""
    count: Annotated[int | None, Place.ATTRIBUTE] = None
    lastResult: Annotated[bool | None, Place.ATTRIBUTE] = None
    totalRecords: Annotated[int | None, Place.ATTRIBUTE] = None

    @property
    def avu(self) -> Avu:
        return Avu(self.attribute, self.value, self.unit)


class MetadataOperation(Document):
    """AVUs to add or delete in bulk. A listing may be sent back as it came."""

    xml_name: ClassVar[str] = "metadataOperation"

    metadataEntries: list[GivenAvu] = Field(min_length=1)
    objectType: Annotated[ObjectType | None, Place.ATTRIBUTE] = None
    uniqueNameString: str | None = None


ResultStatus = Literal["OK", "DUPLICATE_AVU", "MISSING_METADATA_TARGET", "OTHER_ERROR"]


class MetadataOperationResult(Document):
    """What became of one AVU."""

    xml_name: ClassVar[str] = "metadataOperationResultEntry"

    attributeString: str
    valueString: str
    unit: str
    resultStatus: Annotated[ResultStatus, Place.ATTRIBUTE]
    message: str

    @classmethod
    def of(cls, avu: Avu, status: ResultStatus = "OK", message: str = "") -> MetadataOperationResult:
        return cls(
            attributeString=avu.attribute,
            valueString=avu.value,
            unit=avu.units,
            resultStatus=status,
            message=message,
        )
