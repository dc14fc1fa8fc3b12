"""What `GET /status` tells."""

from __future__ import annotations

from typing import ClassVar

from irodsfs.control.documents.base import Document


class TrafficDocument(Document):
    """Bytes of contents that a server of the zone was asked for, or sent."""

    host: str
    bytesRead: int
    bytesWritten: int


class StatusDocument(Document):
    """This process and what it serves; `mountpoint` and `collection` are empty without a mount, uptime in seconds.

    `login` is empty unless the zone refuses the user by now: then it says what to do.
    Waiting files were closed and are not in the zone yet, failed ones would not be taken: both are kept in `spool`.
    The event loop came so many microseconds late to what was due: in 99 of 100 cases of the last minutes no later than
    `loopDelayP99`, and `loopDelayMax` at the worst since the start.
    `traffic` tells which servers of the zone have brought and taken contents.
    Of the memory for contents of files, `memoryUsed` bytes are taken, and `memoryLimit` is its budget.
    """

    xml_name: ClassVar[str] = "status"

    version: str
    pid: int
    uptime: int
    host: str
    port: int
    zone: str
    user: str
    login: str
    mountpoint: str
    collection: str
    readOnly: bool
    socket: str
    openFiles: int
    dirtyBytes: int
    waitingFiles: int
    waitingBytes: int
    failedFiles: int
    spool: str
    connections: int
    memoryUsed: int
    memoryLimit: int
    catalogQuestions: int
    catalogFetches: int
    loopDelayP99: int
    loopDelayMax: int
    traffic: list[TrafficDocument]
