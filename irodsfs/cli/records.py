"""The running mounts of this user: which process serves which mount point.

A record is a file that the process keeps locked as long as it lives, so one without a lock is of the past.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from irodsfs.cli.mountpoints import resolve
from irodsfs.private_files import private_file, runtime_directory, socket_path
from irodsfs.user_errors import IrodsfsError, MountPointError

if TYPE_CHECKING:
    from irodsfs.config import MountConfig

SUFFIX = ".mount"
_BEING_MADE = '{"mountpoint": "", "pid": 0}'


@dataclass(frozen=True)
class Record:
    mountpoint: str
    pid: int
    failure: str | None = None
    host: str = ""
    port: int = 0
    user: str = ""
    zone: str = ""
    collection: str = ""
    read_only: bool = False
    with_ticket: bool = False


@contextmanager
def recorded(config: MountConfig) -> Iterator[None]:
    """Keeps a record while the block runs; a failure of the block is left for those who have the record open."""
    record = _record(config)
    path = runtime_directory() / f"{config.name}{SUFFIX}"
    with _locked(path, config) as file:
        file.truncate(0)
        _write(file, record)
        try:
            yield
        except IrodsfsError as error:
            _write(file, replace(record, failure=error.message))
            raise
        finally:
            path.unlink(missing_ok=True)


def _record(config: MountConfig) -> Record:
    account = config.account
    return Record(
        str(resolve(config.mountpoint)),
        os.getpid(),
        host=account.host,
        port=account.port,
        user=account.user,
        zone=account.zone,
        collection=config.collection,
        read_only=config.read_only,
        with_ticket=config.ticket is not None,
    )


@contextmanager
def find_record(mountpoint: Path) -> Iterator[OpenRecord | None]:
    """The record of the process that serves `mountpoint`, a path as `resolve` gives it."""
    with closing(_live_records()) as live:
        yield next((record for record in live if record.read().mountpoint == str(mountpoint)), None)


def recorded_with(socket: Path) -> Record | None:
    """The record beside a control socket; None when the process of no mount of this user keeps one there."""
    try:
        directory = socket.parent.lstat()
        if directory.st_uid != os.getuid() or stat.S_IMODE(directory.st_mode) & 0o077:
            return None
        path = socket.with_suffix(SUFFIX)
        with open(path, "rb", opener=private_file) as file:
            record = OpenRecord(path, file)
            return record.read() if record.is_live() else None
    except (OSError, ValueError):
        return None


def live_mounts() -> list[tuple[Record, Path]]:
    """The records of all running mounts of this user, with their control sockets, by mount point."""
    found = [(record.read(), record.socket) for record in _live_records()]
    return sorted(((each, socket) for each, socket in found if each.pid), key=lambda found: found[0].mountpoint)


def running_mounts() -> list[str]:
    """The mount points that processes of this user serve."""
    return sorted(record.read().mountpoint for record in _live_records())


def _live_records() -> Generator[OpenRecord, None, None]:
    for path in runtime_directory().glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError), open(path, "rb", opener=private_file) as file:
            record = OpenRecord(path, file)
            if record.is_live():
                yield record


class OpenRecord:
    """A record that can be read also after its process has ended and removed it."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file

    @property
    def socket(self) -> Path:
        """The control socket of the mount."""
        return socket_path(self._path.stem)

    def is_live(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def read(self) -> Record:
        self._file.seek(0)
        return Record(**json.loads(self._file.read() or _BEING_MADE))


@contextmanager
def _locked(path: Path, config: MountConfig) -> Iterator[IO[bytes]]:
    # Append mode would make Linux ignore the offset of pwrite; opening for writing would empty a live record.
    with os.fdopen(private_file(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MountPointError(f"A mount named {config.name} is running already: unmount it first.") from None
        yield file


def _write(file: IO[bytes], record: Record) -> None:
    # A reader may come between two calls: the text is replaced in one, and only ever grows.
    os.pwrite(file.fileno(), json.dumps(asdict(record)).encode(), 0)
