"""Guide, chapter 11: users."""

from __future__ import annotations

from http import HTTPStatus

from irods.exception import CAT_SQL_ERR, iRODSException
from pydantic import Field

from irodsfs.control.call import Call
from irodsfs.control.documents.user_documents import TemporaryPassword
from irodsfs.control.http_errors import ControlError, NotFound, about
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.grid.passwords import temporary_password, temporary_password_for

operations = Operations("Users")


class PasswordRequest(Parameters):
    admin: bool = Field(False, description="true to get a password of another user, as an administrator")


@operations.operation("PUT", "/user/{userName}/temppassword", parameters=PasswordRequest, answer=TemporaryPassword)
async def put_temporary_password(call: Call) -> TemporaryPassword:
    """A temporary password for oneself, or for another user in admin mode."""
    user, session = call.text("userName"), call.session
    if call.parameters.admin:
        with about("userName", iRODSException):
            password = await _password_for(call, user)
    elif user == session.zone.identity.user:
        password = await temporary_password(session.zone, session.password)
    else:
        raise ControlError(
            HTTPStatus.FORBIDDEN,
            "NOT_ONESELF",
            f"{user} is another user.",
            field="userName",
            remedy="Name yourself, or add admin=true as an administrator.",
        )
    return TemporaryPassword(userName=user, password=password)


async def _password_for(call: Call, user: str) -> str:
    try:
        return await temporary_password_for(call.session.zone, user, call.session.password)
    except CAT_SQL_ERR as error:
        # What servers answer when the catalog has no such user.
        raise NotFound("userName", f"There is no user {user}.") from error
