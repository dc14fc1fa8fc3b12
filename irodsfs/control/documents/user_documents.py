"""Guide, chapter 11: temporary passwords."""

from __future__ import annotations

from typing import ClassVar

from irodsfs.control.documents.base import Document


class TemporaryPassword(Document):
    """A password for one login within two minutes."""

    xml_name: ClassVar[str] = "temporaryPassword"

    userName: str
    password: str
