"""What `GET /status` tells."""

from __future__ import annotations

from typing import ClassVar

from irodsfs.control.documents.base import Document


class StatusDocument(Document):
    """This process and what it serves; `mountpoint` and `collection` are empty without a mount, uptime in seconds."""

    xml_name: ClassVar[str] = "status"

    version: str
    pid: int
    uptime: int
    host: str
    port: int
    zone: str
    user: str
    mountpoint: str
    collection: str
    readOnly: bool
    socket: str
    openFiles: int
    dirtyBytes: int
    connections: int
    catalogQuestions: int
    catalogFetches: int
