from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import click

from irodsfs.cli.client import control_at
from irodsfs.cli.mountpoints import FILE_SYSTEM_TYPE, find_mount, require_fusermount, resolve
from irodsfs.cli.records import OpenRecord, find_record
from irodsfs.user_errors import ControlFailure, UnmountError

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
    pid = record.read().pid
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            _unmount(path)
            _wait(process, pid, record.socket)
        finally:
            os.close(process)
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


def _wait(process: int, pid: int, control: Path) -> None:
    """Until the process has ended, or goes on for those who use the mount in another mount namespace."""
    if _has_ended(process, PATIENCE):
        return
    click.echo("irodsfs: waiting until everything written is in the zone", err=True)
    users = _users_elsewhere(control)
    if users == 0 and not _has_ended(process, PATIENCE):
        click.echo(f"irodsfs: another mount namespace shows the mount; nobody uses it there, so {pid} ends", err=True)
        signal.pidfd_send_signal(process, signal.SIGTERM)
    elif users:
        click.echo(
            f"irodsfs: everything written is in the zone; in another mount namespace (a container?) {users} open files "
            f"keep the mount: process {pid} ends with the last of them, or by kill {pid}",
            err=True,
        )
        return
    _has_ended(process)


def _users_elsewhere(control: Path) -> int | None:
    """How many files are open on a mount that is still served, when nothing waits any more; None when it ends."""
    try:
        with control_at(control) as client:
            return int(client.request("GET", "/status", wait="true")["openFiles"])
    except (ControlFailure, OSError):
        return None  # the socket is gone with the last user of the mount, before the last bytes are in the zone


def _has_ended(process: int, seconds: float | None = None) -> bool:
    ended = select.poll()
    ended.register(process, select.POLLIN)
    return bool(ended.poll(None if seconds is None else seconds * 1000))
