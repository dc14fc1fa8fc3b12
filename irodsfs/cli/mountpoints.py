"""What is mounted where, and whether a directory is fit for a mount."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from irodsfs.user_errors import FuseError, MountPointError

FILE_SYSTEM_TYPE = "fuse.irodsfs"
MOUNT_TABLE = Path("/proc/self/mountinfo")
FUSE_DEVICE = Path("/dev/fuse")
FUSE_CONFIGURATION = Path("/etc/fuse.conf")


@dataclass(frozen=True)
class Mount:
    mountpoint: Path
    type: str
    device: str
    """Its major and minor number."""

    number: str
    """That of the mount itself."""

    source: str
    options: str


def resolve(mountpoint: Path) -> Path:
    """The name under which the kernel lists `mountpoint`, found without asking what is mounted there."""
    path = Path.cwd() / mountpoint
    try:
        # Unlike lstat, this isn't passed on to the file system that is mounted there, which may not answer.
        return resolve(path.parent / path.readlink())
    except OSError:
        return Path(os.path.realpath(path.parent)) / path.name if path.name != ".." else path.resolve()


def find_mount(mountpoint: Path) -> Mount | None:
    """The uppermost mount at `mountpoint`, a path as `resolve` gives it."""
    return next((mount for mount in reversed(_mounts()) if mount.mountpoint == mountpoint), None)


def own_mounts(user: int) -> list[Mount]:
    """The mounts of ours that a local user has made, living or dead, found without asking them."""
    own = f"user_id={user}"
    return [each for each in _mounts() if each.type == FILE_SYSTEM_TYPE and own in each.options.split(",")]


def mountpoints_of(descriptor: int) -> list[Path]:
    """Where the file system is mounted on which something is open, found without asking it, as it may not answer."""
    about = Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii").splitlines()
    number = next((line.split()[1] for line in about if line.startswith("mnt_id:")), "")
    mounts = _mounts()
    devices = [mount.device for mount in mounts if mount.number == number]
    return [mount.mountpoint for mount in mounts if mount.device in devices]


def _mounts() -> list[Mount]:
    return [_parse(line) for line in os.fsdecode(MOUNT_TABLE.read_bytes()).splitlines()]


def mount_of(path: Path) -> Path | None:
    """The mount point of ours that `path` lies on, found without asking what is mounted there."""
    place = Path("/")
    for part in (Path.cwd() / path).parts[1:]:
        place = resolve(place / part)
        mount = find_mount(place)
        if mount is not None and mount.type == FILE_SYSTEM_TYPE:
            return place
    return None


def _parse(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    fields = before.split(" ")
    kind, source, options = [*after.split(" "), "", ""][:3]
    return Mount(Path(_unescape(fields[4])), kind, fields[2], fields[0], _unescape(source), options)


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def require_fit(mountpoint: Path) -> None:
    """Raises MountPointError unless `mountpoint` is an empty directory on which nothing is mounted.

    A mount of ours whose process was killed is not in the way: it is detached.
    """
    _detach_dead(mountpoint)
    if find_mount(resolve(mountpoint)):
        raise MountPointError(f"{mountpoint} is mounted already: unmount it first, with irodsfs umount {mountpoint}.")
    try:
        entry = next(mountpoint.iterdir(), None)
    except OSError as error:
        raise MountPointError(_explain(mountpoint, error)) from None
    if entry is not None:
        raise MountPointError(f"{mountpoint} is not empty: it holds {entry.name!r}; mount on an empty directory.")


def _detach_dead(mountpoint: Path) -> None:
    path = resolve(mountpoint)
    mount = find_mount(path)
    if mount is not None and mount.type == FILE_SYSTEM_TYPE and is_dead(path):
        detach(path)


def is_dead(path: Path) -> bool:
    """Whether the process of a mount has ended without unmounting. Its zone may be asked, and waited for."""
    try:
        os.statvfs(path)  # which, unlike stat, the kernel never answers from its cache
    except OSError as error:
        return error.errno == errno.ENOTCONN
    return False


def detach(path: Path) -> None:
    """Takes a mount away from `path` at once, whoever uses it."""
    # Imported here, as in what follows, because commands that only look for a mount must start quickly.
    import subprocess

    require_fusermount()
    subprocess.run(["fusermount3", "-uz", "--", path], capture_output=True, check=False)


def _explain(mountpoint: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return f"{mountpoint} does not exist: make it, with mkdir {mountpoint}."
        case errno.ENOTDIR:
            return f"{mountpoint} is not a directory: mount on an empty directory."
        case _:
            return f"{mountpoint} can't be read ({os.strerror(error.errno or 0)}): mount on a directory of yours."


def require_fuse(*, allow_other: bool) -> None:
    """Raises FuseError unless this user can mount FUSE file systems on this machine."""
    require_device()
    require_fusermount()
    if allow_other and os.getuid() != 0 and not users_may_allow_others():
        raise FuseError(f"--allow-other needs the line user_allow_other in {FUSE_CONFIGURATION}.")


def require_device() -> None:
    if not FUSE_DEVICE.exists():
        raise FuseError(f"{FUSE_DEVICE} does not exist: load the kernel module fuse, or give it to this container.")
    if not os.access(FUSE_DEVICE, os.R_OK | os.W_OK):
        raise FuseError(f"{FUSE_DEVICE} can't be opened by this user: ask the administrator for permission.")


def require_fusermount() -> None:
    import shutil

    if shutil.which("fusermount3") is None:
        raise FuseError("fusermount3 is not installed: install FUSE 3, on Debian the package fuse3.")


def users_may_allow_others() -> bool:
    try:
        lines = FUSE_CONFIGURATION.read_text("utf-8").splitlines()
    except OSError:
        return False
    return "user_allow_other" in (line.strip() for line in lines)
