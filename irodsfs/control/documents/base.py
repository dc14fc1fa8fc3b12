"""What documents have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


class Place(StrEnum):
    """Where a field lies in XML when it is not an element of its own."""

    ATTRIBUTE = "attribute"
    TEXT = "text"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


Instant = Annotated[
    datetime,
    PlainSerializer(_milliseconds, return_type=int, when_used="json"),
    WithJsonSchema({"type": "integer", "format": "int64", "description": "milliseconds since 1970"}),
]
"""A time: milliseconds since 1970 in JSON, ISO 8601 with the local offset in XML."""


ObjectType = Literal["COLLECTION", "DATA_OBJECT"]


def object_type(*, is_collection: bool) -> ObjectType:
    """The guide's name of a kind of entry."""
    return "COLLECTION" if is_collection else "DATA_OBJECT"


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone()


class Document(BaseModel):
    """A document, or a part of one. `xml_name` is the element's name where it is the whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    xml_name: ClassVar[str] = ""
    xml_keeps_order: ClassVar[bool] = False
    """Elements come in the order of the fields; otherwise by name, as Java's serialiser wrote them."""
