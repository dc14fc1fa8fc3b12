"""The connection to the kernel: made, served and closed."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pyfuse3

from irodsfs.user_errors import FuseError

FILE_SYSTEM_TYPE = "irodsfs"


class _RequestsGivenUp(logging.Filter):
    """Drops pyfuse3's errors about replies for which nobody waits: the caller was killed, or the mount is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().endswith(os.strerror(errno.ENOENT))


# pyfuse3 has one logger for the whole process, as it has one mount.
logging.getLogger("pyfuse3").addFilter(_RequestsGivenUp())


def attach(
    operations: pyfuse3.Operations, mountpoint: Path, source: str, *, allow_other: bool, read_only: bool
) -> None:
    """Mount; `source` is what `mount` and `df` show as the device. Raises `FuseError`."""
    options = set(pyfuse3.default_options) - {"default_permissions"}
    options |= {f"fsname={source.replace(',', '_')}", f"subtype={FILE_SYSTEM_TYPE}"}
    if allow_other:
        # Everybody on this machine would be the mount's iRODS user, so the kernel checks local users first.
        options |= {"allow_other", "default_permissions"}
    if read_only:
        options.add("ro")
    try:
        pyfuse3.init(operations, str(mountpoint), options)
    except RuntimeError as error:
        raise FuseError(f"{mountpoint} could not be mounted: {error}.") from error


async def answer() -> None:
    """Answer what the kernel asks, until somebody unmounts or `stop` is called."""
    await pyfuse3.main()


def stop() -> None:
    """Let `answer` return."""
    pyfuse3.terminate()


def detach() -> None:
    """Unmount, if that was not done yet."""
    pyfuse3.close(unmount=True)
