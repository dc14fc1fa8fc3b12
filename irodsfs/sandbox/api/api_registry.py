"""Which function answers which API number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session


@dataclass(frozen=True)
class Request:
    """A request as it came: API number, input struct, byte stream."""

    number: int
    struct: Struct | None = None
    bs: bytes = b""

    @property
    def input(self) -> Struct:
        """The input struct; one without members when the request brought none."""
        return self.struct or Struct("")


@dataclass(frozen=True)
class Reply:
    """An answer: status (negative is an iRODS error), output struct, byte stream, error stack (status, message)."""

    status: int = 0
    struct: Struct | None = None
    bs: bytes = b""
    errors: tuple[tuple[int, str], ...] = ()


Handler = Callable[[Session, Request], Reply]

handlers: dict[int, Handler] = {}


def handles(number: int) -> Callable[[Handler], Handler]:
    """Registers the decorated function as the one that answers this API number."""

    def register(handler: Handler) -> Handler:
        handlers[number] = handler
        return handler

    return register
