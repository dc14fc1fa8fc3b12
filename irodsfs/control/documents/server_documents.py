"""Guide, chapter 3: what `GET /server` answers."""

from __future__ import annotations

import time
from typing import ClassVar, Literal

from irodsfs.control.documents.base import Document, Instant, instant
from irodsfs.grid.server_info import ServerInfo


class ServerInfoDocument(Document):
    """Release and zone of the server; `currentServerTime` in ms since 1970, `serverBootTime` in seconds."""

    xml_name: ClassVar[str] = "serverInfo"

    initializeDate: Instant
    icatEnabled: Literal["ICAT_ENABLED", "NO_ICAT"]
    serverBootTime: int
    relVersion: str
    apiVersion: str
    rodsZone: str
    currentServerTime: int

    @classmethod
    def of(cls, info: ServerInfo) -> ServerInfoDocument:
        now = time.time()
        return cls(
            initializeDate=instant(now),
            icatEnabled="ICAT_ENABLED" if info.has_catalog else "NO_ICAT",
            serverBootTime=info.boot_time,
            relVersion=info.release,
            apiVersion=info.api_version,
            rodsZone=info.zone,
            currentServerTime=int(now * 1000),
        )
