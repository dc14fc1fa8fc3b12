"""Walks over trees: the requests they take grow neither with the directories nor with the programs that walk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.catalog.catalog import SUBTREE_ROWS
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.populating import grow
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

RECOGNISED = 12
"""Requests until a walk is recognised and its tree fetched: for its parent, itself, some directories, and all of it."""

WIDE = [f"directory{number:04}" for number in range(2_000)]
DEEP = ["/".join(["d"] * depth) for depth in range(1, 101)]
TWO_LEVELS = [path for number in range(40) for path in (f"a{number}", *(f"a{number}/b{n}" for n in range(40)))]
OBJECTS = 20


@pytest.mark.parametrize("tree", [WIDE, DEEP, TWO_LEVELS], ids=["wide", "deep", "two levels"])
@pytest.mark.parametrize("command", ["find", "du -s", "ls -lR", "rsync -an"])
def test_a_walk_takes_few_requests_however_many_directories_it_goes_over(
    mount_through: MountThrough,
    proxy: Proxy,
    embedded_zone: EmbeddedZone,
    session: iRODSSession,
    home: str,
    tmp_path: Path,
    command: str,
    tree: Sequence[str],
) -> None:
    grow(embedded_zone, session, f"{home}/tree", tree, OBJECTS)
    mount = mount_through(proxy, "--cache-timeout", "60")
    requests = proxy.count()
    target = [f"{tmp_path}/nowhere"] if command.startswith("rsync") else []
    subprocess.run([*command.split(), mount.path / "tree", *target], check=True, stdout=subprocess.DEVNULL)
    assert requests.total() <= RECOGNISED, requests


def test_programs_that_walk_side_by_side_share_what_is_fetched(
    mount_through: MountThrough, proxy: Proxy, embedded_zone: EmbeddedZone, session: iRODSSession, home: str
) -> None:
    grow(embedded_zone, session, f"{home}/tree", WIDE, OBJECTS)
    mount = mount_through(proxy, "--cache-timeout", "60")
    requests = proxy.count()
    directories = [entry.path for entry in os.scandir(mount.path / "tree") if entry.is_dir()]
    with ThreadPoolExecutor(8) as threads:
        assert sum(map(len, threads.map(os.listdir, directories))) == len(WIDE) * OBJECTS
    assert requests.total() <= RECOGNISED, requests


def test_a_tree_too_large_to_be_fetched_whole_takes_no_more_than_a_listing_a_directory(
    mount_through: MountThrough, proxy: Proxy, embedded_zone: EmbeddedZone, session: iRODSSession, home: str
) -> None:
    directories, objects = [f"d{number:02}" for number in range(60)], 900
    assert len(directories) * objects > SUBTREE_ROWS
    grow(embedded_zone, session, f"{home}/tree", directories, objects)
    mount = mount_through(proxy, "--cache-timeout", "60")
    requests = proxy.count()
    found = subprocess.run(["find", mount.path / "tree", "-type", "f"], check=True, stdout=subprocess.PIPE).stdout
    assert len(found.splitlines()) == len(directories) * objects + 1
    assert requests.total() <= 2 * len(directories) + 2 * RECOGNISED, requests


def test_a_tree_of_small_directories_too_large_to_be_fetched_whole_is_fetched_in_parts(
    mount_through: MountThrough, proxy: Proxy, embedded_zone: EmbeddedZone, session: iRODSSession, home: str
) -> None:
    directories, objects = [f"d{number:04}" for number in range(SUBTREE_ROWS // 20 + 100)], 20
    grow(embedded_zone, session, f"{home}/tree", directories, objects)
    mount = mount_through(proxy, "--cache-timeout", "60")
    requests = proxy.count()
    found = subprocess.run(["find", mount.path / "tree", "-type", "f"], check=True, stdout=subprocess.PIPE).stdout
    assert len(found.splitlines()) == len(directories) * objects + 1
    assert requests.total() <= len(directories) // 20, requests


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "before"), [("*", [""]), ("**", ["a", "a/b", "a/b/c"])])
def test_a_directory_named_as_a_pattern_is_listed_in_a_walk(
    mount: Mount, session: iRODSSession, home: str, name: str, before: Sequence[str]
) -> None:
    for path in ("a/b/c/d", f"{name}/below"):
        session.collections.create(f"{home}/{path}")
    for path in before:
        os.listdir(mount.path / path)
    assert os.listdir(mount.path / name) == ["below"]
    assert "what is around" not in mount.log  # which says that this was waited for in vain
