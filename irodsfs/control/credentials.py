"""Basic authentication: who a request over TCP is made as."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus

from pydantic import SecretStr
from starlette.requests import Request

from irodsfs.config import ZoneAccount
from irodsfs.control import origins
from irodsfs.control.http_errors import ControlError
from irodsfs.control.http_operations import Operation
from irodsfs.control.throttle import Throttle
from irodsfs.control.zone_sessions import Session, Sessions, digest
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import LoginNeedsTls

SCHEMES = {"STANDARD": "native", "PAM": "pam_password"}
"""The guide's names of authentication schemes; as a prefix of a user name one more character follows."""

BASIC = {"pam_interactive": "pam_password"}
"""What stands for schemes that ask questions, where there is one name and one password."""

ANONYMOUS = "anonymous"
CHALLENGE = 'Basic realm="iRODS", charset="UTF-8"'


class EveryonesAccess:
    """Each request is made as the user of its credentials, whom the zone must accept."""

    def __init__(
        self,
        sessions: Sessions,
        account: ZoneAccount,
        *,
        throttle: Throttle,
        allow_anonymous: bool = False,
        public_metrics: bool = False,
        allowed_origins: Collection[str] = (),
    ) -> None:
        """`account` tells how to reach the zone; its user and password are those of nobody.

        `public_metrics` lets everybody read what tells about this process; pages of `allowed_origins` may change what
        their users may.
        """
        self._sessions = sessions
        self._account = account
        self._allow_anonymous = allow_anonymous
        self._public_metrics = public_metrics
        self._allowed_origins = allowed_origins
        self._throttle = throttle

    async def admit(self, request: Request, operation: Operation) -> None:
        if not operation.is_safe:
            origins.require_own(request, self._allowed_origins)
        if operation.needs_zone or (operation.is_safe and self._public_metrics):
            return
        if "authorization" not in request.headers:
            raise _unauthorized()
        async with self.session(request, None):
            pass

    @asynccontextmanager
    async def session(self, request: Request, ticket: str | None) -> AsyncIterator[Session]:
        account = self._account_of(request)
        address = request.client.host if request.client else ""
        attempt = partial(self._throttle.attempt, address, account.user, digest(account))
        async with AsyncExitStack() as stack:
            try:
                session = await stack.enter_async_context(self._sessions.session(account, ticket, attempt))
            except LOGIN_REFUSED as error:
                raise _unauthorized() from error
            except LoginNeedsTls as error:
                raise _needs_tls() from error
            yield session

    def _account_of(self, request: Request) -> ZoneAccount:
        header = request.headers.get("authorization")
        if header is None:
            if not self._allow_anonymous:
                raise _unauthorized()
            return self._as(ANONYMOUS, "", "native")
        name, password = _decode(header)
        scheme = BASIC.get(self._account.authentication_scheme, self._account.authentication_scheme)
        for prefix, named in SCHEMES.items():
            if name.startswith(prefix) and len(name) > len(prefix) + 1 and not name[len(prefix)].isalnum():
                return self._as(name[len(prefix) + 1 :], password, named)
        return self._as(name, password, scheme)

    def _as(self, user: str, password: str, scheme: str) -> ZoneAccount:
        changes = {"user": user, "password": SecretStr(password), "authentication_scheme": scheme}
        return self._account.model_copy(update=changes)


def _decode(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        raise _unauthorized() from None
    name, colon, password = text.partition(":")
    if scheme.lower() != "basic" or not name or not colon or "\0" in text:
        raise _unauthorized()
    return name, password


def _unauthorized() -> ControlError:
    error = ControlError(
        HTTPStatus.UNAUTHORIZED,
        "UNAUTHORIZED",
        "The zone did not accept these credentials, or there are none.",
        field="Authorization",
        remedy="Send the name and the password of a user of the zone with Basic authentication.",
    )
    error.headers["WWW-Authenticate"] = CHALLENGE
    return error


def _needs_tls() -> ControlError:
    return ControlError(
        HTTPStatus.BAD_REQUEST,
        "LOGIN_NEEDS_TLS",
        "PAM passwords are sent to the zone with TLS only, and this service reaches it without.",
        field="Authorization",
        remedy="Use a native password (STANDARD); or let the service be given the policy CS_NEG_REQUIRE.",
    )
