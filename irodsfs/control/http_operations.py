"""Operations: a method and a path with what they take and answer, written once for routing and for OpenAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from irodsfs.control.call import Call
from irodsfs.control.documents.base import Document
from irodsfs.control.negotiation import Answer

Result = Answer | Response | None
Handler = Callable[[Call], Awaitable[Result]]
AnyHandler = TypeVar("AnyHandler", bound=Handler)


class Parameters(BaseModel):
    """What an operation takes in the query string."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParameters(Parameters):
    """Nothing but what every operation takes."""


@dataclass(frozen=True)
class Operation:
    """One operation. `answer` is a document, a list of one kind (`is_list`), or None for 204 or other contents."""

    method: str
    path: str
    handler: Handler
    chapter: str
    parameters: type[Parameters] = NoParameters
    body: type[Document] | None = None
    answer: type[Document] | None = None
    is_list: bool = False
    takes_ticket: bool = False
    needs_zone: bool = True
    changes: bool = True
    """Where the method is not GET, whether the zone or what the mount keeps is not the same afterwards."""
    contents: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI's description of an answer that is no document, by media type."""
    upload: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI's description of a request that is no document."""
    status: HTTPStatus = HTTPStatus.OK
    other_statuses: tuple[HTTPStatus, ...] = ()

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip()

    @property
    def is_safe(self) -> bool:
        """Whether the method says that nothing is changed."""
        return self.method == "GET"

    @property
    def success(self) -> HTTPStatus:
        has_answer = self.answer is not None or self.contents
        return self.status if has_answer else HTTPStatus.NO_CONTENT


class Operations:
    """The operations of one chapter."""

    def __init__(self, chapter: str) -> None:
        self._chapter = chapter
        self._operations: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations)

    def operation(self, method: str, path: str, **details: Any) -> Callable[[AnyHandler], AnyHandler]:
        """Declare the decorated function as the handler of an operation; `details` are fields of `Operation`."""

        def register(handler: AnyHandler) -> AnyHandler:
            self._operations.append(Operation(method, path, handler, self._chapter, **details))
            return handler

        return register
