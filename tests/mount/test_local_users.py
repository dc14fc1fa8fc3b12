"""Users of this machine: one without privileges who mounts, and others who meet a mount."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from irods.password_obfuscation import encode
from irods.session import iRODSSession

from tests.local_users import OWNER, STRANGER, LocalUsers, local_users
from tests.mounts import Mount
from tests.objects import get
from tests.zones import AnyZone

ROOT = 0

ATTEMPTS = """
import errno, os, sys
from pathlib import Path

mount = Path(sys.argv[1])
attempts = {
    "list": lambda: os.listdir(mount),
    "stat": lambda: (mount / "file").stat(),
    "read": lambda: (mount / "file").read_bytes(),
    "write": lambda: (mount / "file").write_bytes(b"changed"),
    "truncate": lambda: os.truncate(mount / "file", 0),
    "create": lambda: (mount / "new").write_bytes(b"new"),
    "mkdir": lambda: (mount / "made").mkdir(),
    "unlink": lambda: (mount / "spare").unlink(),
    "rmdir": lambda: (mount / "directory").rmdir(),
    "chmod": lambda: (mount / "file").chmod(0o777),
    "times": lambda: os.utime(mount / "file", (1, 1)),
    "attribute": lambda: os.setxattr(mount / "file", "user.color", b"red"),
    "rename": lambda: (mount / "file").rename(mount / "moved"),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except PermissionError:
        continue
    print(name)
"""
READING = {"list", "stat", "read"}
ALL = {"list", "stat", "read", "write", "truncate", "create", "mkdir", "rename", "unlink", "rmdir", "chmod", "times"}
ALL |= {"attribute"}
OF_THE_OWNER_ONLY = {"chmod", "times"}
"""What the kernel lets nobody else do, whatever the bits."""

CONNECT = """
import os, socket, sys
from pathlib import Path

try:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(sys.argv[1])
        client.sendall(b"GET /status HTTP/1.1\\r\\nHost: irods\\r\\n\\r\\n")
        print(client.recv(100))
except PermissionError:
    print("refused")
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that others may enter, outside of those for tests."""
    with tempfile.TemporaryDirectory(prefix="irodsfs-users-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def users() -> Iterator[LocalUsers]:
    with local_users() as users:
        yield users


@dataclass
class OrdinaryUser:
    """A user without privileges, who has an account in the zone and a home directory."""

    users: LocalUsers
    home: Path
    environment_file: Path

    @property
    def mountpoint(self) -> Path:
        return self.home / "mount"

    def irodsfs(self, *arguments: str | Path) -> str:
        program = (sys.executable, "-m", "irodsfs", *arguments)
        done = self.users.run(OWNER, *program, env={"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home / "run")})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def allowed(self, user: int) -> set[str]:
        """What a local user could do on the mount."""
        return set(self.users.python(user, ATTEMPTS, self.mountpoint).split())


@pytest.fixture
def ordinary_user(place: Path, users: LocalUsers, zone_server: AnyZone, home: str) -> Iterator[OrdinaryUser]:
    directory = place / "home"
    for each in (directory, directory / "mount", directory / "run"):
        each.mkdir(mode=0o755)
    file = directory / "irods_environment.json"
    file.write_text(json.dumps(zone_server.environment() | {"irods_home": home}))
    (directory / ".irodsA").write_text(encode(zone_server.password, uid=OWNER))
    (directory / ".irodsA").chmod(0o600)
    for each in (directory, *directory.iterdir()):
        os.chown(each, OWNER, OWNER)
    user = OrdinaryUser(users, directory, file)
    with ExitStack() as stack:
        stack.callback(users.run, ROOT, "fusermount3", "-uz", user.mountpoint)
        yield user


@pytest.fixture
def filled(session: iRODSSession, home: str) -> str:
    """A collection with something to try things on."""
    for name in ("file", "spare"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(b"content")
    session.collections.create(f"{home}/directory")
    return home


def test_an_ordinary_user_mounts_and_nobody_else_gets_in(
    ordinary_user: OrdinaryUser, filled: str, session: iRODSSession
) -> None:
    ordinary_user.irodsfs("mount", ordinary_user.environment_file, ordinary_user.mountpoint)
    assert ordinary_user.allowed(STRANGER) == set()
    assert ordinary_user.allowed(ROOT) == set()
    assert get(session, f"{filled}/file") == b"content"
    assert ordinary_user.allowed(OWNER) == ALL
    assert get(session, f"{filled}/new") == b"new"
    status = json.loads(ordinary_user.irodsfs("status", ordinary_user.mountpoint, "--json"))
    assert (status["mountpoint"], status["collection"]) == (str(ordinary_user.mountpoint), filled)
    ordinary_user.irodsfs("umount", ordinary_user.mountpoint)
    assert ordinary_user.users.run(OWNER, "ls", ordinary_user.mountpoint).stdout == ""


def test_files_of_a_mount_are_its_owners_only(ordinary_user: OrdinaryUser, filled: str) -> None:
    """Records, sockets, logs, what waits, and the memory of the process."""
    ordinary_user.irodsfs("mount", "--write-back", ordinary_user.environment_file, ordinary_user.mountpoint)
    ordinary_user.users.python(OWNER, "import sys; open(sys.argv[1], 'wb').write(b'x')", ordinary_user.mountpoint / "f")
    ordinary_user.irodsfs("status", ordinary_user.mountpoint, "--wait")
    made = [*(ordinary_user.home / "run").rglob("*"), *ordinary_user.home.glob(".*/**/*")]
    made = [each for each in made if "irodsfs" in each.relative_to(ordinary_user.home).parts]
    assert {each.suffix for each in made} >= {".mount", ".sock", ".log"}
    assert {each.lstat().st_uid for each in made} == {OWNER}
    assert [str(each) for each in made if each.lstat().st_mode & 0o077 and each.is_dir()] == []
    assert [str(each) for each in made if each.lstat().st_mode & 0o077] == []
    (record,) = (ordinary_user.home / "run" / "irodsfs").glob("*.mount")
    memory = Path(f"/proc/{json.loads(record.read_text())['pid']}/mem")
    assert memory.stat().st_uid == ROOT
    for user in (OWNER, STRANGER):
        assert ordinary_user.users.run(user, "head", "-c1", memory).returncode != 0
    (socket,) = (ordinary_user.home / "run" / "irodsfs").glob("*.sock")
    socket.parent.chmod(0o755)  # what keeps others out must not be the directory alone
    assert ordinary_user.users.python(STRANGER, CONNECT, socket) == "refused\n"
    assert "200" in ordinary_user.users.python(OWNER, CONNECT, socket)


@pytest.mark.parametrize(
    ("umask", "others"),
    [("022", READING), ("077", set()), ("000", ALL - OF_THE_OWNER_ONLY)],
)
def test_others_may_do_what_the_bits_say(
    ordinary_user: OrdinaryUser, filled: str, session: iRODSSession, umask: str, others: set[str]
) -> None:
    options = ("--allow-other", "--umask", umask)
    ordinary_user.irodsfs("mount", *options, ordinary_user.environment_file, ordinary_user.mountpoint)
    assert ordinary_user.allowed(STRANGER) == others
    if "create" in others:
        assert get(session, f"{filled}/new") == b"new"
    else:
        assert get(session, f"{filled}/file") == b"content"
        assert ordinary_user.allowed(OWNER) == ALL
    shown = ordinary_user.users.run(OWNER, "stat", "-c", "%u %g", ordinary_user.mountpoint / "new").stdout
    assert shown == f"{OWNER} {OWNER}\n"


def test_nobody_else_unmounts_or_asks_the_control_socket(ordinary_user: OrdinaryUser, filled: str) -> None:
    ordinary_user.irodsfs("mount", "--allow-other", ordinary_user.environment_file, ordinary_user.mountpoint)
    control = os.fsdecode(
        ordinary_user.users.python(
            STRANGER,
            "import os, sys; print(os.getxattr(sys.argv[1], 'irods.control').decode())",
            ordinary_user.mountpoint,
        ).strip()
    )
    assert ordinary_user.users.python(STRANGER, CONNECT, control) == "refused\n"
    assert ordinary_user.users.run(STRANGER, "fusermount3", "-u", ordinary_user.mountpoint).returncode != 0
    assert ordinary_user.allowed(STRANGER) == READING


def test_kept_bits_hold_for_others(
    place: Path, zone_server: AnyZone, filled: str, user_environment: dict[str, str]
) -> None:
    """Of a mount of root's, for another user: what is its owner's, and what it lets others do."""
    mount = Mount(place / "mount", filled)
    options = ("--allow-other", "--posix-attributes", "--uid", str(OWNER), "--gid", str(OWNER))
    mount.start(zone_server.environment_file(), *options, env=user_environment)
    try:
        for name, bits in (("private", 0o600), ("readable", 0o644), ("everybodys", 0o666), ("closed", 0o000)):
            (mount.path / name).write_bytes(b"content")
            (mount.path / name).chmod(bits)
        with local_users() as users:
            for user, may in (
                (OWNER, {"private": "rw", "readable": "rw", "everybodys": "rw", "closed": ""}),
                (STRANGER, {"private": "", "readable": "r", "everybodys": "rw", "closed": ""}),
            ):
                found = {
                    name: "".join(
                        letter
                        for letter, flag in (("r", "-r"), ("w", "-w"))
                        if users.run(user, "test", flag, mount.path / name).returncode == 0
                    )
                    for name in may
                }
                assert found == may
                opened = {name for name in may if users.run(user, "cat", mount.path / name).returncode == 0}
                assert opened == {name for name, letters in may.items() if "r" in letters}
            assert users.run(STRANGER, "chmod", "777", mount.path / "private").returncode != 0
            assert users.run(OWNER, "chmod", "640", mount.path / "private").returncode == 0
    finally:
        mount.stop()
    mount.check_log()


def test_programs_that_are_needed_are_there() -> None:
    assert all(map(shutil.which, ("unshare", "nsenter", "setpriv")))
