"""Temporary passwords: one's own (API 709), and for others as an administrator (724)."""

from __future__ import annotations

from irods.api_number import api_number
from irods.message import GetTempPasswordForOtherOut, GetTempPasswordForOtherRequest, GetTempPasswordOut, iRODSMessage
from irods.password_obfuscation import create_temp_password

from irodsfs.grid.flight import Request
from irodsfs.grid.zone import Zone


async def temporary_password(zone: Zone, own_password: str) -> str:
    """A password for logging in once as oneself within the next two minutes."""
    (reply,) = await zone.perform(Request(api_number["GET_TEMP_PASSWORD_AN"]))
    salt = iRODSMessage(msg=reply.body).get_main_message(GetTempPasswordOut).stringToHashWith
    return str(create_temp_password(salt, own_password))


async def temporary_password_for(zone: Zone, user: str, own_password: str) -> str:
    """The same for another user. Raises SYS_NO_API_PRIV unless the caller is an administrator."""
    message = GetTempPasswordForOtherRequest(targetUser=user, unused="")
    (reply,) = await zone.perform(Request(api_number["GET_TEMP_PASSWORD_FOR_OTHER_AN"], message))
    salt = iRODSMessage(msg=reply.body).get_main_message(GetTempPasswordForOtherOut).stringToHashWith
    return str(create_temp_password(salt, own_password))
