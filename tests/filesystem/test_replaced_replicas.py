"""Data objects stay on the resources where they are, however programs write, empty and replace them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.flight import UnsafeFlight
from tests.filesystem.program import Program, served

SIZES = [100, 5 * 1024 * 1024]
WRITE = os.O_WRONLY | os.O_CREAT


async def put(program: Program, path: str, content: bytes, flags: int = WRITE) -> None:
    file = await program.open(path, flags)
    await program.write(file, content)
    await program.close(file)


def make(session: iRODSSession, path: str, resources: list[str], size: int) -> None:
    with session.data_objects.open(path, "w", destRescName=resources[0], allow_redirect=False) as stream:
        stream.write(os.urandom(size))
    for other in resources[1:]:
        session.data_objects.replicate(path, other)


def places(session: iRODSSession, path: str) -> Counter[str]:
    """On which resources how many replicas are."""
    return Counter(replica.resc_hier.partition(";")[0] for replica in session.data_objects.get(path).replicas)


def of_size(session: iRODSSession, path: str, size: int) -> list[bool]:
    return [replica.size == size for replica in session.data_objects.get(path).replicas if replica.status == "1"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keeps_metadata", [True, False])
@pytest.mark.parametrize("old", ["other", "both", "same"])
async def test_a_file_that_is_replaced_by_a_rename_stays_on_its_resources(
    session: iRODSSession,
    home: str,
    tmp_path: Path,
    resource: str,
    other_resource: str,
    size: int,
    keeps_metadata: bool,
    old: str,
) -> None:
    where = {"other": [other_resource], "both": [other_resource, resource], "same": [resource]}[old]
    for name in ("file", "backup"):
        make(session, f"{home}/{name}", where, size)
    async with served(session, home, tmp_path, replace_keeps_metadata=keeps_metadata) as file_system:
        program = Program(file_system)
        content = os.urandom(size + 1)
        await put(program, "new", content)
        await program.rename("new", "file")
        assert (await program.stat("file")).st_size == size + 1
        file = await program.open("file", os.O_RDONLY)
        assert await program.read(file, 0, 10) == content[:10]
        await program.close(file)
    assert places(session, f"{home}/file") == Counter(where)
    assert all(of_size(session, f"{home}/file", size + 1))
    assert {each.name for each in session.collections.get(home).data_objects} == {"file", "backup"}
    for name in ("file", "backup"):
        session.data_objects.unlink(f"{home}/{name}", force=True)


async def test_replicas_that_the_old_file_did_not_have_go(
    session: iRODSSession, home: str, tmp_path: Path, resource: str, other_resource: str
) -> None:
    make(session, f"{home}/new", [resource, other_resource], SIZES[1])
    make(session, f"{home}/file", [other_resource], 10)
    async with served(session, home, tmp_path) as file_system:
        await Program(file_system).rename("new", "file")
    assert places(session, f"{home}/file") == Counter([other_resource])
    assert of_size(session, f"{home}/file", SIZES[1]) == [True]
    session.data_objects.unlink(f"{home}/file", force=True)


@pytest.mark.parametrize("size", SIZES)
async def test_what_exists_gets_no_further_replica(
    session: iRODSSession, home: str, tmp_path: Path, other_resource: str, size: int
) -> None:
    names = ["over", "emptied", "appended", "patched", "cut", "touched"]
    for name in names:
        make(session, f"{home}/{name}", [other_resource], size)
    async with served(session, home, tmp_path) as file_system:
        program = Program(file_system)
        await put(program, "over", os.urandom(size), WRITE | os.O_TRUNC)
        await put(program, "emptied", b"", WRITE | os.O_TRUNC)
        await put(program, "appended", b"more", WRITE | os.O_APPEND)
        await put(program, "patched", b"patch")
        await program.truncate("cut", 5)
        await program.utime("touched", 10**18)
    for name in names:
        assert places(session, f"{home}/{name}") == Counter([other_resource]), name
        session.data_objects.unlink(f"{home}/{name}", force=True)


def test_no_open_creates_what_may_exist() -> None:
    for flags in (WRITE, WRITE | os.O_TRUNC, os.O_RDWR | os.O_CREAT):
        with pytest.raises(UnsafeFlight, match="one more replica"):
            requests.open_object("/z/file", flags)
    assert requests.open_object("/z/file", WRITE | os.O_EXCL).conditional
