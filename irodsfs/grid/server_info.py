"""What the server tells about itself (API 700)."""

from __future__ import annotations

from dataclasses import dataclass

from irods.api_number import api_number
from irods.message import IntegerProperty, Message, StringProperty, iRODSMessage
from irods.session import iRODSSession

from irodsfs.grid.connection import SERVER_INFORMATION, Login, logging_in
from irodsfs.grid.zone import Zone

WITH_CATALOG = 1


class _MiscSvrInfo(Message):  # type: ignore[misc]  # python-irodsclient has no types
    _name = "MiscSvrInfo_PI"
    serverType = IntegerProperty()  # noqa: N815
    serverBootTime = IntegerProperty()  # noqa: N815
    relVersion = StringProperty()  # noqa: N815
    apiVersion = StringProperty()  # noqa: N815
    rodsZone = StringProperty()  # noqa: N815


@dataclass(frozen=True)
class ServerInfo:
    """Release and zone of a server; `boot_time` in seconds since 1970, 0 where the server keeps it to itself."""

    release: str
    api_version: str
    zone: str
    boot_time: int
    has_catalog: bool


async def read_server_info(zone: Zone) -> ServerInfo:
    (reply,) = await zone.perform(SERVER_INFORMATION, repeat=True)
    return _parsed(iRODSMessage(msg=reply.body))


def introduce(session: iRODSSession) -> ServerInfo:
    """What a server tells strangers, over a line as the session would have it. Blocking; raises `ZoneUnreachable`."""
    line = Login(session)
    try:
        with session.pool.no_auto_authenticate(), logging_in():
            line.log_in()
            line.send(iRODSMessage("RODS_API_REQ", int_info=api_number["GET_MISC_SVR_INFO_AN"]))
            return _parsed(line.recv())
    finally:
        line.drop()


def _parsed(message: iRODSMessage) -> ServerInfo:
    info = message.get_main_message(_MiscSvrInfo)
    return ServerInfo(
        info.relVersion, info.apiVersion, info.rodsZone, info.serverBootTime, info.serverType == WITH_CATALOG
    )
