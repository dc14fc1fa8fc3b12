"""What the commands do: each action with its parameters as a body, its records as lines."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from http import HTTPStatus

from starlette.responses import Response

from irodsfs.actions.action import Action, Record, perform
from irodsfs.actions.registry import ACTIONS
from irodsfs.actions.workspace import Workspace
from irodsfs.control.accept import JSON, XML
from irodsfs.control.call import Call
from irodsfs.control.documents.base import Document
from irodsfs.control.http_errors import ControlError
from irodsfs.control.http_operations import Operations
from irodsfs.control.negotiation import NDJSON
from irodsfs.control.streamed_responses import StreamedResponse

operations = Operations("Actions")

CONTENTS = {
    NDJSON: {"type": "string", "description": "a record in each line, a failure among them"},
    JSON: {"type": "array", "items": {"type": "object"}, "description": "all records"},
}

TOGETHER = 64 * 1024
"""Bytes of records that are sent at once, while more of them are there."""


def _body(action: Action) -> type[Document]:
    """The parameters of an action as a document."""
    name = f"{action.name.title().replace('-', '')}Action"
    return type(name, (action.parameters, Document), {"xml_name": name[0].lower() + name[1:], "__module__": __name__})


def _handler(action: Action) -> Callable[[Call], Awaitable[Response]]:
    async def handle(call: Call) -> Response:
        if call.media_type == XML:
            raise ControlError(
                HTTPStatus.NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                "Records are not to be had as XML.",
                field="Accept",
                remedy=f"Accept {NDJSON} or {JSON}.",
            )
        account = call.session.account
        workspace = Workspace(call.session.zone, account.home, account.default_resource, call.changes)
        records = perform(action, workspace, call.body)
        call.resources.push_async_callback(records.aclose)
        return StreamedResponse(_written(records, call.media_type), media_type=call.media_type)

    handle.__doc__ = action.summary
    return handle


async def _written(records: AsyncGenerator[Record, None], media_type: str) -> AsyncGenerator[bytes | memoryview, None]:
    begin, between, end = (b"", b"\n", b"\n") if media_type == NDJSON else (b"[", b",\n", b"]\n")
    piece = bytearray(begin)
    is_first = True
    async with aclosing(records):
        async for record in records:
            piece += (b"" if is_first else between) + json.dumps(record).encode()
            is_first = False
            if len(piece) >= TOGETHER:
                yield bytes(piece)
                piece.clear()
    if not (is_first and media_type == NDJSON):
        piece += end
    yield bytes(piece)


for _action in ACTIONS.values():
    operations.operation(
        "POST", f"/actions/{_action.name}", body=_body(_action), contents=CONTENTS, changes=_action.changes
    )(_handler(_action))
