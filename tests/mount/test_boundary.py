from __future__ import annotations

import errno
import logging
from collections.abc import Sequence

import pyfuse3
import pytest
from irods.exception import CAT_NO_ACCESS_PERMISSION, SYS_INVALID_INPUT_PARAM

from irodsfs.mount.boundary import answers_errno


class Handlers:
    """Request handlers that end in a given failure."""

    def subject(self, args: Sequence[object]) -> str:
        return "the subject"

    @answers_errno
    async def fail(self, error: Exception) -> None:
        raise error


@pytest.mark.parametrize(
    ("error", "number", "level"),
    [
        (FileNotFoundError(errno.ENOENT, "missing"), errno.ENOENT, logging.DEBUG),
        (CAT_NO_ACCESS_PERMISSION("refused"), errno.EACCES, logging.DEBUG),
        (OSError(errno.EINVAL, "RENAME_EXCHANGE"), errno.EINVAL, logging.DEBUG),
        (OSError(errno.EFBIG, "File too large"), errno.EFBIG, logging.DEBUG),
        (ValueError("an AVU must have a value"), errno.EINVAL, logging.WARNING),
        (SYS_INVALID_INPUT_PARAM("refused"), errno.EINVAL, logging.ERROR),
        (OSError(errno.ENOSPC, "no room"), errno.ENOSPC, logging.ERROR),
        (KeyError("a mistake of ours"), errno.EIO, logging.ERROR),
    ],
)
async def test_a_mistake_of_a_program_is_no_error_in_the_log_but_what_the_zone_calls_invalid_is(
    error: Exception, number: int, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(pyfuse3.FUSEError) as answered:
        await Handlers().fail(error)
    assert answered.value.errno == number
    assert [record.levelno for record in caplog.records] == [level]
