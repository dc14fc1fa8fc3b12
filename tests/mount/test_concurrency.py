"""What several programs do at the same time overlaps on several connections; nothing in the mount lines it up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.mount.conftest import MountThrough
from tests.proxy import Proxy

SIDE_BY_SIDE = 8
"""As many as a mount has connections by default."""

PATIENCE = 60
CONTENT = b"content"


def create(place: Path) -> None:
    (place / "new").write_bytes(CONTENT)


def overwrite(place: Path) -> None:
    (place / "file").write_bytes(CONTENT)


def read(place: Path) -> None:
    assert (place / "file").read_bytes() == b"old"


def unlink(place: Path) -> None:
    (place / "file").unlink()


def make_directory(place: Path) -> None:
    (place / "directory").mkdir()


def set_attribute(place: Path) -> None:
    os.setxattr(place / "file", "user.name", b"value")


def rename(place: Path) -> None:
    (place / "file").rename(place / "renamed")


@pytest.mark.parametrize(
    ("work", "api"),
    [
        (create, "DATA_OBJ_OPEN_AN"),
        (create, "DATA_OBJ_CLOSE_AN"),
        (overwrite, "DATA_OBJ_CLOSE_AN"),
        (read, "DATA_OBJ_READ_AN"),
        (unlink, "DATA_OBJ_UNLINK_AN"),
        (make_directory, "COLL_CREATE_AN"),
        (set_attribute, "MOD_AVU_METADATA_AN"),
        (rename, "DATA_OBJ_RENAME_AN"),
    ],
)
def test_programs_in_different_directories_do_not_wait_for_one_another(
    mount_through: MountThrough,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    work: Callable[[Path], None],
    api: str,
) -> None:
    names = [f"place{number}" for number in range(SIDE_BY_SIDE)]
    for name in names:
        session.collections.create(f"{home}/{name}")
        with session.data_objects.open(f"{home}/{name}/file", "w") as stream:
            stream.write(b"old")
    mount = mount_through(proxy)
    together = all_at_once(proxy, api_number[api])
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for working in [threads.submit(work, mount.path / name) for name in names]:
            working.result(PATIENCE)
    assert not together.broken


def test_new_files_of_one_directory_go_into_the_zone_side_by_side(mount_through: MountThrough, proxy: Proxy) -> None:
    mount = mount_through(proxy)
    together = all_at_once(proxy, api_number["DATA_OBJ_CLOSE_AN"])
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        files = [mount.path / f"file{number}" for number in range(SIDE_BY_SIDE)]
        for writing in [threads.submit(file.write_bytes, CONTENT) for file in files]:
            writing.result(PATIENCE)
    assert not together.broken


def all_at_once(proxy: Proxy, api: int) -> threading.Barrier:
    """Let requests of a kind through only when as many are on their way; the barrier breaks when they don't come."""
    barrier = threading.Barrier(SIDE_BY_SIDE)

    def wait(_: int) -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(PATIENCE / 2)

    proxy.on_request(api, wait)
    return barrier
