"""The one place where failures become errnos and log lines."""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import pyfuse3

from irodsfs.filesystem.errnos import FAILURES, describe, errno_of, log_level
from irodsfs.metrics import ERRORS, OPERATIONS

logger = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Self = TypeVar("Self")
Handler = Callable[Concatenate[Self, Parameters], Coroutine[Any, Any, Result]]


def answers_errno(handler: Handler[Self, Parameters, Result]) -> Handler[Self, Parameters, Result]:
    """Make a request handler answer the errno that its failure stands for."""

    @functools.wraps(handler)
    async def answer(self: Self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            with OPERATIONS.measure(handler.__name__):
                return await handler(self, *args, **kwargs)
        except FAILURES as error:
            number = errno_of(error)
            ERRORS.add(handler.__name__, errno.errorcode.get(number, str(number)))
            level = log_level(error, number)
            subject = self.subject(args)  # type: ignore[attr-defined]
            logger.log(level, "%s %s: %s (%s)", handler.__name__, subject, describe(error), errno.errorcode[number])
            raise pyfuse3.FUSEError(number) from error
        except Exception as error:
            # A mistake of ours must fail one request, not take the mount away from everybody.
            logger.exception("%s %s", handler.__name__, self.subject(args))  # type: ignore[attr-defined]
            raise pyfuse3.FUSEError(errno.EIO) from error

    return answer  # type: ignore[return-value]  # mypy forgets that the first parameter is positional
