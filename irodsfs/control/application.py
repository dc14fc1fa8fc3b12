"""The HTTP application: operations as routes, every failure as a document in the negotiated format."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from irods.message import Bad_AVU_Field
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from irodsfs.control import documentation
from irodsfs.control.accept import JSON
from irodsfs.control.access import Access
from irodsfs.control.bodies import Body, has_body, send_whatever_comes
from irodsfs.control.call import Call
from irodsfs.control.changes import Changes
from irodsfs.control.http_errors import BadRequest, ControlError, NotFound, explain
from irodsfs.control.http_operations import Operation, Parameters
from irodsfs.control.negotiation import PARAMETER, has_nul, invalid, read_body, render, rendered, wanted_type
from irodsfs.control.process_status import Served
from irodsfs.control.upload_spool import UploadSpool
from irodsfs.control.url_paths import UndecodedPaths
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.zone_timeouts import one_call

logger = logging.getLogger(__name__)

TICKET = "ticket"
CLOSED_BY_CLIENT = 499


class Application:
    """Runs operations for requests: whose zone, which answer, which failure."""

    def __init__(
        self,
        operations: Iterable[Operation],
        access: Access,
        changes: Changes,
        served: Served,
        spool: UploadSpool,
    ) -> None:
        self._operations = list(operations)
        self._served = served
        self._access = access
        self._changes = changes
        self._spool = spool

    def asgi(self, middleware: Sequence[Middleware] = ()) -> Starlette:
        otherwise = Route("/{path:path}", _Endpoint(_no_such_resource))
        return Starlette(
            routes=[*self._routes(), *documentation.routes(self._operations), otherwise],
            middleware=[*middleware, Middleware(UndecodedPaths)],
        )

    def _routes(self) -> Iterable[Route]:
        for path, group in itertools.groupby(self._operations, key=lambda operation: operation.path):
            by_method = {operation.method: operation for operation in group}
            yield Route(path, _Endpoint(self._dispatch(by_method)))

    def _dispatch(self, by_method: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
        async def dispatch(request: Request) -> Response:
            operation = by_method.get("GET" if request.method == "HEAD" else request.method)
            if operation is None:
                raise _method_not_allowed(request, by_method)
            return await self._run(operation, request)

        return dispatch

    def _require_allowed(self, operation: Operation) -> None:
        if self._served.read_only and operation.changes and not operation.is_safe:
            raise _read_only()

    async def _run(self, operation: Operation, request: Request) -> Response:
        self._require_allowed(operation)
        await self._access.admit(request, operation)
        media_type = wanted_type(request, *operation.contents)
        parameters = _read_parameters(operation, request)
        body = await read_body(request, operation.body) if operation.body is not None else None
        ticket = request.query_params.get(TICKET) if operation.takes_ticket else None
        stack = AsyncExitStack()
        async with stack:
            session = None
            if operation.needs_zone:
                session = await stack.enter_async_context(self._access.session(request, ticket))
            call = Call(request, self._changes, self._served, media_type, parameters, body, self._spool, session, stack)
            with one_call():
                result = await (_through_ticket(operation, call) if ticket else operation.handler(call))
            if isinstance(result, Response):
                return _Kept(result, stack.pop_all())
        if result is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return await rendered(result, media_type, operation.status)


async def _through_ticket(operation: Operation, call: Call) -> Any:
    """What the operation answers; what it can't find may be there for other tickets."""
    try:
        return await operation.handler(call)
    except NotFound as error:
        told = f"{error.document.message.rstrip('.')} that the ticket opens."
        remedy = "Check the ticket's string, what it was made for, and whether it has expired or is used up."
        raise ControlError(HTTPStatus.NOT_FOUND, "NOT_FOUND", told, field=TICKET, remedy=remedy) from error


class _Endpoint:
    """Answers requests of any method: one that a resource lacks is not one of a resource with a shorter path."""

    def __init__(self, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive)
        request = Request(scope, body.receive, send)
        response = await self._answer(request)
        if has_body(request):
            await send_whatever_comes(response, scope, body, send)
        else:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._endpoint(request)
        except ControlError as error:
            return _failure(request, error)
        except (*ZONE_FAILURES, Bad_AVU_Field) as error:
            logger.info("%s", _without_tickets(f"{request.method} {request.url.path}: {describe(error)}", request))
            told = explain(error)
            if not told.document.field and "path" in request.path_params:
                told = explain(error, "path")
            return _failure(request, told)
        except ClientDisconnect:
            return Response(status_code=CLOSED_BY_CLIENT)
        except Exception:
            logger.exception("%s", _without_tickets(f"{request.method} {request.url.path} failed", request))
            return _failure(request, _FAILED)


def _without_tickets(text: str, request: Request) -> str:
    """A line for the log, in which nobody shall find what opens entries of the zone."""
    named = [*request.query_params.getlist(TICKET), request.path_params.get("ticketString", "")]
    for name in filter(None, named):
        for written in (name, unquote(name)):
            text = text.replace(written, "...")
    return text


_FAILED = ControlError(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "INTERNAL_FAILURE",
    "This is a failure of irodsfs.",
    remedy="Please report it with the log of the mount.",
)


async def _no_such_resource(request: Request) -> Response:
    raise ControlError(
        HTTPStatus.NOT_FOUND,
        "NO_SUCH_RESOURCE",
        "There is no such resource.",
        field="path",
        remedy="openapi.json lists the resources.",
    )


def _read_only() -> ControlError:
    return ControlError(
        HTTPStatus.FORBIDDEN,
        "READ_ONLY",
        "Read-only file system: this mount changes nothing in the zone.",
        field="method",
        remedy="Mount without --read-only.",
    )


def _method_not_allowed(request: Request, by_method: dict[str, Operation]) -> ControlError:
    allowed = ", ".join(sorted(by_method))
    error = ControlError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        f"{request.method} is not for this resource.",
        field="method",
        remedy=f"Use {allowed}; encode slashes in names that look like a sub-resource as %2F.",
    )
    error.headers["Allow"] = allowed
    return error


def _read_parameters(operation: Operation, request: Request) -> Parameters:
    given: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if "\0" in key + value:
            raise has_nul(key)
        if key in given:
            raise BadRequest(key, f"{key} is given more than once.", "Give it once.")
        given[key] = value
    ours = {PARAMETER, TICKET} if operation.takes_ticket else {PARAMETER}
    try:
        return operation.parameters.model_validate({key: value for key, value in given.items() if key not in ours})
    except ValidationError as error:
        raise invalid(error, "query") from error


def _failure(request: Request, error: ControlError) -> Response:
    try:
        media_type = wanted_type(request)
    except ControlError:
        media_type = JSON
    response = render(error.document, media_type, error.status)
    response.headers.update(error.headers)
    return response


class _Kept(Response):
    """A response that holds what its contents come from until they are sent, or nobody wants them any more."""

    def __init__(self, response: Response, stack: AsyncExitStack) -> None:
        self._response = response
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await self._response(scope, receive, send)
