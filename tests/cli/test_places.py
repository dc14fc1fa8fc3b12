"""The command line believes no file system but those that this user has mounted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand, MakeMount
from tests.mounts import Mount
from tests.objects import put

FOREIGN = '''
import os, sys
import pyfuse3, trio

class Foreign(pyfuse3.Operations):
    """An empty directory that says that it is somewhere else."""
    async def getattr(self, inode, ctx=None):
        entry = pyfuse3.EntryAttributes()
        entry.st_ino, entry.st_mode, entry.st_uid = inode, 0o40755, os.getuid()
        return entry
    async def getxattr(self, inode, name, ctx):
        told = {b"irods.control": sys.argv[2], b"irods.path": sys.argv[3]}
        if name not in told:
            raise pyfuse3.FUSEError(61)
        return os.fsencode(told[name])

pyfuse3.init(Foreign(), sys.argv[1], {*pyfuse3.default_options, "fsname=foreign"})
print("mounted", flush=True)
trio.run(pyfuse3.main)
'''
REFUSED = "is on a mount that is not yours"


@contextmanager
def foreign_mount(path: Path, socket: str, logical_path: str) -> Iterator[None]:
    """A file system of somebody else's that names a control socket and a path in the zone."""
    path.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", FOREIGN, path, socket, logical_path], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "mounted\n"
            yield
        finally:
            subprocess.run(["fusermount3", "-u", path], check=True)


@pytest.fixture
def victim(make_mount: MakeMount, session: iRODSSession, home: str) -> Mount:
    put(session, f"{home}/private", b"content")
    return make_mount()


@pytest.mark.parametrize(
    "command",
    [
        ("acl", "grant", "{place}", "public", "read"),
        ("meta", "add", "{place}", "color", "red"),
        ("ticket", "create", "{place}"),
        ("status", "{place}"),
        ("recover", "--mount", "{place}"),
        ("query", "select ZONE_NAME", "--mount", "{place}"),
    ],
)
def test_a_foreign_file_system_can_not_borrow_the_socket_of_a_mount(
    irodsfs: IrodsfsCommand, victim: Mount, tmp_path: Path, session: iRODSSession, home: str, command: tuple[str, ...]
) -> None:
    place = tmp_path / "foreign"
    socket = os.getxattr(victim.path, "irods.control").decode()
    with foreign_mount(place, socket, f"{home}/private"):
        done = irodsfs(*(each.format(place=place) for each in command))
    assert (done.returncode, done.stdout) == (10, "")
    assert REFUSED in done.stderr
    assert [each.user_name for each in session.acls.get(session.data_objects.get(f"{home}/private"))] == [
        session.username
    ]
    assert session.data_objects.get(f"{home}/private").metadata.items() == []


def test_a_socket_that_no_mount_has_recorded_is_not_asked(
    irodsfs: IrodsfsCommand, victim: Mount, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(0o700)
    for name in ("x.sock", "x.mount"):
        (theirs / name).touch(0o600)
    with foreign_mount(tmp_path / "foreign", str(theirs / "x.sock"), "/tempZone"):
        assert REFUSED in irodsfs("status", tmp_path / "foreign").stderr


def test_a_link_leads_where_it_leads_when_it_is_opened(irodsfs: IrodsfsCommand, victim: Mount, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(victim.path / "private")
    assert irodsfs("meta", "add", link, "color", "red").returncode == 0
    assert "red" in irodsfs("meta", "ls", victim.path / "private").stdout
