from __future__ import annotations

import os
import select
import subprocess
from contextlib import suppress
from pathlib import Path

import click

from irodsfs.cli.mountpoints import FILE_SYSTEM_TYPE, find_mount, require_fusermount, resolve
from irodsfs.cli.records import OpenRecord, find_record
from irodsfs.errors import UnmountError

PATIENCE = 3.0  # seconds without a word


@click.command()
@click.argument("mountpoint", type=Path)
def umount(mountpoint: Path) -> None:
    """Unmount a zone; returns when everything written is in the zone and the mount's process has ended."""
    path = resolve(mountpoint)
    _require_mounted(path)
    require_fusermount()
    with find_record(path) as record:
        if record is None:
            _unmount(path)
            click.echo("irodsfs: no process of this user serves the mount, so there was none to wait for", err=True)
        else:
            _unmount_and_wait(path, record)


def _require_mounted(path: Path) -> None:
    mount = find_mount(path)
    if mount is None:
        raise UnmountError(f"{path} is not mounted.")
    if mount.type != FILE_SYSTEM_TYPE:
        raise UnmountError(f"{path} is a mount of type {mount.type}, not one of irodsfs: use umount.")


def _unmount_and_wait(path: Path, record: OpenRecord) -> None:
    with suppress(ProcessLookupError):
        process = os.pidfd_open(record.read().pid)
        _unmount(path)
        _wait(process)
    failure = record.read().failure
    if failure is not None:
        raise UnmountError(f"{path} is unmounted, but its process ended with a failure: {failure}")


def _unmount(path: Path) -> None:
    done = subprocess.run(["fusermount3", "-u", "--", path], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if "busy" in done.stderr:
        raise UnmountError(
            f"{path} is in use: leave it in every shell and close its files (fuser -vm {path} lists the programs)."
        )
    raise UnmountError(f"{path} can't be unmounted: {done.stderr.strip().removeprefix('fusermount3: ')}.")


def _wait(process: int) -> None:
    ended = select.poll()
    ended.register(process, select.POLLIN)
    if not ended.poll(PATIENCE * 1000):
        click.echo("irodsfs: waiting until everything written is in the zone", err=True)
        ended.poll()
    os.close(process)
