"""The end of a mount: what is not in the zone yet is safe here first, and a silent zone is waited for once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.objects import get
from tests.proxy import Proxy
from tests.zones import AnyZone

OPEN = api_number["DATA_OBJ_OPEN_AN"]
MEGABYTE = 1 << 20
PATIENCE = 60
"""Seconds in which what is promised must have happened."""

TIME_LIMIT = 6
"""Seconds that a request of these mounts may take: long beside what a busy machine needs to leave."""

SMALL = [f"open-{number}" for number in range(20)]
CONTENTS = {name: name.encode() * 100 for name in SMALL} | {"large": os.urandom(6 * MEGABYTE)}


@pytest.fixture
def spool(user_environment: dict[str, str]) -> Path:
    return Path(user_environment["XDG_CACHE_HOME"]) / "irodsfs"


@pytest.fixture
def mount(mount_through: MountThrough, proxy: Proxy) -> Mount:
    mount = mount_through(proxy, "--write-back", "--cache-timeout", "60", "--timeout", str(TIME_LIMIT))
    mount.expect_log("could not be written|stays in|nobody waits")
    return mount


def kept(spool: Path, home: str) -> dict[str, bytes]:
    """What the spool keeps for `irodsfs recover`: bytes by the path below the home collection."""
    described = {file: json.loads(file.read_text()) for file in spool.glob("*/failed/*.json")}
    paths = [each["path"] for each in described.values()]
    assert len(paths) == len(set(paths)), "nothing is kept twice"
    return {
        each["path"].removeprefix(f"{home}/"): file.with_suffix("").read_bytes()[: each["size"]]
        for file, each in described.items()
    }


@contextmanager
def written(mount: Mount) -> Iterator[None]:
    """All of `CONTENTS` are written and not closed; when they are, the mount is gone."""
    with ExitStack() as stack:
        for name, content in CONTENTS.items():
            descriptor = os.open(mount.path / name, os.O_WRONLY | os.O_CREAT)
            stack.callback(close, descriptor)
            os.write(descriptor, content)
        yield


def close(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)


def end(mount: Mount, *, seconds: float = PATIENCE) -> int:
    assert mount.process is not None
    return mount.process.wait(seconds)


def terminate(mount: Mount) -> None:
    assert mount.process is not None
    mount.process.terminate()


def await_that(condition: Callable[[], bool], mount: Mount) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, mount.log
        time.sleep(0.05)


def close_some(mount: Mount) -> dict[str, bytes]:
    """Files that wait for their upload."""
    contents = {f"closed-{number}": b"closed %d" % number for number in range(5)}
    for name, content in contents.items():
        (mount.path / name).write_bytes(content)
    return contents


def test_a_silent_zone_costs_one_time_limit_however_many_files_there_are(
    mount: Mount, proxy: Proxy, spool: Path, home: str
) -> None:
    with written(mount):
        proxy.stop_flow()
        contents = CONTENTS | close_some(mount)
        began = time.monotonic()
        terminate(mount)
        assert end(mount) == 1
        assert time.monotonic() - began < 2 * TIME_LIMIT
    assert kept(spool, home) == contents
    assert f"{len(contents)} files could not be written into the zone" in mount.log
    assert str(next(spool.glob("*/failed"))) in mount.log


def test_what_is_open_goes_to_the_zone_several_files_at_a_time(
    mount: Mount, proxy: Proxy, session: iRODSSession, spool: Path, home: str
) -> None:
    with written(mount):
        stall = proxy.stall_at(OPEN)
        before = proxy.requests[OPEN]
        terminate(mount)
        proxy.await_requests(OPEN, before + 4, PATIENCE)  # each of which holds up its connection
        assert kept(spool, home) == CONTENTS
        proxy.forget_hooks()
        stall.release()
        assert end(mount) == 0
    assert {name: get(session, f"{home}/{name}") for name in CONTENTS} == CONTENTS
    assert kept(spool, home) == {}


def test_a_second_sigterm_ends_the_waiting_and_what_is_kept_comes_back(
    mount: Mount,
    proxy: Proxy,
    session: iRODSSession,
    spool: Path,
    home: str,
    irodsfs: IrodsfsCommand,
    zone_server: AnyZone,
) -> None:
    with written(mount):
        proxy.stop_flow()
        contents = CONTENTS | close_some(mount)
        terminate(mount)
        await_that(lambda: kept(spool, home).keys() >= CONTENTS.keys(), mount)
        began = time.monotonic()
        terminate(mount)
        assert end(mount) == 1
        assert time.monotonic() - began < TIME_LIMIT / 2
    assert f"{len(contents)} files could not be written into the zone" in mount.log
    assert str(next(spool.glob("*/failed"))) in mount.log
    assert kept(spool, home) == contents
    proxy.let_flow()
    assert irodsfs("recover", "--all", "--zone", zone_server.environment_file()).returncode == 0
    assert {name: get(session, f"{home}/{name}") for name in contents} == contents


def test_a_mount_killed_in_the_middle_of_its_end_has_lost_nothing(
    mount: Mount, proxy: Proxy, spool: Path, home: str
) -> None:
    with written(mount):
        stall = proxy.stall_at(OPEN)
        terminate(mount)
        assert stall.reached.wait(PATIENCE)
        mount.kill()
    assert kept(spool, home) == CONTENTS
    stall.release()


def test_calls_under_way_keep_nothing_else_waiting(mount: Mount, proxy: Proxy, spool: Path, home: str) -> None:
    """A program that waits for a silent zone while the mount ends."""
    with written(mount):
        (mount.path / "synced").write_bytes(b"")
        mount.written_back()
        descriptor = os.open(mount.path / "synced", os.O_WRONLY)
        os.write(descriptor, b"content")
        proxy.stop_flow()
        before = proxy.requests.total()
        syncing = threading.Thread(target=sync_and_close, args=(descriptor,))
        syncing.start()
        await_that(lambda: proxy.requests.total() > before, mount)
        terminate(mount)
        await_that(lambda: kept(spool, home).keys() >= CONTENTS.keys() | {"synced"}, mount)
        assert syncing.is_alive()
        terminate(mount)
        assert end(mount) == 1
        syncing.join(PATIENCE)
    assert kept(spool, home) == CONTENTS | {"synced": b"content"}


def sync_and_close(descriptor: int) -> None:
    with suppress(OSError):
        os.fsync(descriptor)
    close(descriptor)


def test_one_signal_more_after_umount_and_hang_ups_end_nothing(
    mount: Mount, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    assert mount.process is not None
    stall = proxy.stall_at(OPEN)
    (mount.path / "file").write_bytes(b"content")
    assert stall.reached.wait(PATIENCE)
    subprocess.run(["fusermount3", "-u", mount.path], check=True)
    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
        mount.process.send_signal(number)
    await_that(lambda: "SIGTERM: what was written is being brought" in mount.log, mount)
    proxy.forget_hooks()
    stall.release()
    assert end(mount) == 0
    assert get(session, f"{home}/file") == b"content"
