"""The connection to the kernel: made, served and closed."""

from __future__ import annotations

from pathlib import Path

import pyfuse3

import irodsfs.library_settings  # noqa: F401 - changes what pyfuse3 logs
from irodsfs.user_errors import FuseError

FILE_SYSTEM_TYPE = "irodsfs"


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
