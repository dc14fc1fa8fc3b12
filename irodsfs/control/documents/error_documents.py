"""What every failure is told with."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from irodsfs.control.documents.base import Document


class ErrorDocument(Document):
    """A failure: which field of the request it is about (empty: none), what is wrong, and what to do about it."""

    xml_name: ClassVar[str] = "error"

    status: int = Field(description="the HTTP status")
    error: str = Field(description="a short name, that of the iRODS error where there is one")
    field: str
    message: str
    remedy: str
