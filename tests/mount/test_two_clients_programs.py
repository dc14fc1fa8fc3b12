"""What programs do to a name of which their machine holds an old belief is what they would do to what is there.

Each command is run twice: in a local directory that holds what is in the zone, and on a mount that believes what was in
the zone before another client changed it. The ends are the same, and nothing of the other client is lost.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.models import DataAccess, DataObject
from irods.session import iRODSSession

from tests.mount.two_clients.machines import TOLD, make_home, mounted
from tests.mounts import Mount
from tests.objects import get, put
from tests.zones import AnyZone

THEIRS = b"their precious bytes\n"
BEFORE = b"what was there before\n"


def python(code: str) -> str:
    return f"""{sys.executable} -c '
import os, errno, sys
try:
    {code}
except OSError as error:
    sys.exit(errno.errorcode[error.errno])'"""


WAYS = {
    "touch": "touch f",
    "touch -d": "touch -d 2001-02-03T04:05:06Z f",
    ">": "echo mine > f",
    ">>": "echo mine >> f",
    "noclobber": "set -o noclobber; echo mine > f",
    "flock": "flock f true",
    "tee": "echo mine | tee f",
    "tee -a": "echo mine | tee -a f",
    "dd": "printf mine | dd of=f conv=notrunc status=none",
    "dd append": "printf mine | dd of=f conv=notrunc oflag=append status=none",
    "truncate +5": "truncate -s +5 f",
    "truncate 3": "truncate -s 3 f",
    "sqlite3 select": "sqlite3 f 'select count(*) from sqlite_master'",
    "sqlite3 insert": "sqlite3 f 'create table if not exists mine(x); insert into mine values(1)'",
    "python a": python('handle = open("f", "a"); handle.write("mine"); handle.close()'),
    "python a+": python(
        'handle = open("f", "a+"); handle.seek(0); handle.read(); handle.write("mine"); handle.close()'
    ),
    "python r+": python('handle = open("f", "r+"); handle.write("mine"); handle.close()'),
    "python w": python('handle = open("f", "w"); handle.write("mine"); handle.close()'),
    "python x": python('handle = open("f", "x"); handle.write("mine"); handle.close()'),
    "O_EXCL dup": python(
        'handle = os.open("f", os.O_CREAT | os.O_EXCL | os.O_WRONLY); other = os.dup(handle); os.close(handle); '
        'os.write(other, b"mine"); os.close(other)'
    ),
    "O_CREAT|O_RDWR": python(
        'handle = os.open("f", os.O_CREAT | os.O_RDWR); os.read(handle, 4); os.write(handle, b"mine"); os.close(handle)'
    ),
    "O_CREAT only": python('os.close(os.open("f", os.O_CREAT | os.O_RDONLY))'),
    "mknod": python('os.mknod("f")'),
    "mkdir": "mkdir f",
    "mkdir -p": "mkdir -p f/sub && echo mine > f/sub/mine",
    "makedirs": python('os.makedirs("f/sub", exist_ok=True)'),
    "ln -s": "ln -s nowhere f",
    "ln -sf": "ln -sfn nowhere f",
    "cp": "cp mine f",
    "cp -r": "cp -rT tree f",
    "cp --remove-destination": "cp --remove-destination mine f",
    "install": "install -m 644 mine f",
    "rsync": "rsync -t mine f",
    "rsync -a": "rsync -rt tree/ f",
    "tar x": "tar xf mine.tar",
    "tar x tree": "tar xf tree.tar",
    "unzip": "unzip -oq mine.zip",
    "sed -i": "sed -i s/e/E/ f",
    "os.replace": python('handle = open(".tmp", "w"); handle.write("mine"); handle.close(); os.replace(".tmp", "f")'),
    "mv": "mv mine f",
    "mv -n": "mv -n mine f; test -e mine && echo there || echo moved",
    "mv tree": "mv -T tree f",
    "mv away": "mv f g",
    "rm": "rm f",
    "rm -f": "rm -f f",
    "rm -r": "rm -rf f",
    "rmdir": "rmdir f",
    "rm mkdir": "rm -f f; mkdir -p f && echo mine > f/mine",
    "utime": python('os.utime("f", (10**9, 10**9))'),
}

DECIDED_BY_LOOKING = {
    *("touch -d", "mv", "mv -n", "mv tree", "cp", "cp -r", "cp --remove-destination", "install", "rsync", "rsync -a"),
    *("tar x", "tar x tree", "unzip", "ln -s", "ln -sf", "os.replace", "rm", "rm -f", "rm -r", "mkdir -p", "makedirs"),
    *("rm mkdir", "sed -i", "noclobber"),
}
"""These look first (stat), which an old belief may answer, and do something else to a file than to a directory, or
nothing to what is missing."""

NEEDS_IT = {"python r+", "sed -i", "mv away", "rm", "rm -f", "rm -r", "rmdir", "utime", "rm mkdir"}
"""What ends otherwise when the name is believed missing, as those calls begin by looking it up."""


@dataclass(frozen=True)
class Situation:
    """What a machine has seen, and what another client has done then."""

    before: bytes | None
    now: str
    """What is there: `file` of the same id, `other file`, `directory`, or `nothing`."""


SITUATIONS = {
    "made": Situation(None, "file"),
    "made a directory": Situation(None, "directory"),
    "removed": Situation(BEFORE, "nothing"),
    "rewritten": Situation(BEFORE, "file"),
    "replaced": Situation(BEFORE, "other file"),
    "replaced by a directory": Situation(BEFORE, "directory"),
}


@dataclass
class Machines:
    zone: AnyZone
    session: iRODSSession
    directory: Path
    stack: ExitStack
    mounts: dict[tuple[str, ...], Mount]

    def mount(self, *options: str) -> Mount:
        if options not in self.mounts:
            number = len(self.mounts)
            home = make_home(self.session, self.zone)
            mount = self.stack.enter_context(mounted(self.zone, home, self.directory / str(number), *options))
            mount.expect_log(TOLD)
            self.mounts[options] = mount
        return self.mounts[options]


@pytest.fixture(scope="module")
def machines(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with ExitStack() as stack:
        session = stack.enter_context(zone_server.session())
        yield Machines(zone_server, session, tmp_path_factory.mktemp("machines"), stack, {})


def content_for(way: str) -> bytes:
    if not way.startswith("sqlite3"):
        return THEIRS
    with sqlite3.connect(":memory:") as database:
        database.execute("create table theirs(x)")
        return database.serialize()


class OtherClient:
    """Does to a collection and to a local directory the same."""

    def __init__(self, session: iRODSSession, collection: str, local: Path) -> None:
        self.session = session
        self.collection = collection
        self.local = local

    def put(self, name: str, content: bytes) -> None:
        put(self.session, f"{self.collection}/{name}", content)
        (self.local / name).write_bytes(content)

    def describe(self) -> None:
        path = f"{self.collection}/f"
        self.session.data_objects.get(path).metadata.add("theirs", "value", "unit")
        self.session.acls.set(iRODSAccess("read", path, "public", self.session.zone))

    def remove(self) -> None:
        self.session.data_objects.unlink(f"{self.collection}/f", force=True)
        (self.local / "f").unlink()

    def act(self, situation: Situation, content: bytes) -> None:
        if situation.before is not None and situation.now != "file":
            self.remove()
        if situation.now == "directory":
            self.session.collections.create(f"{self.collection}/f")
            (self.local / "f").mkdir()
            self.put("f/theirs", content)
        elif situation.now != "nothing":
            self.put("f", content)
            if situation.before is None or situation.now == "other file":
                self.describe()


def prepare(way: str, place: Path) -> None:
    """What some of the commands work with."""
    (place / "mine").write_bytes(b"mine")
    os.utime(place / "mine", (1_500_000_000, 1_500_000_000))
    (place / "tree").mkdir()
    (place / "tree/mine").write_bytes(b"mine")
    for archive, content in archives().items():
        if archive in WAYS[way]:
            (place / archive).write_bytes(content)


@functools.cache
def archives() -> dict[str, bytes]:
    """Archives of a file `f`, and of a directory `f` with a file in it."""
    with tempfile.TemporaryDirectory() as directory:
        script = """mkdir file tree tree/f; printf mine | tee file/f > tree/f/mine; tar cf mine.tar -C file f
                    tar cf tree.tar -C tree f; cd file; python3 -m zipfile -c ../mine.zip f"""
        subprocess.run(["bash", "-ec", script], cwd=directory, check=True)
        return {name: Path(directory, name).read_bytes() for name in ("mine.tar", "tree.tar", "mine.zip")}


def ended(way: str, place: Path) -> tuple[int, str]:
    environment = os.environ | {"LC_ALL": "C", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        ["bash", "-c", WAYS[way]],
        cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = done.stdout
    if done.stderr.strip().startswith("E"):  # the name of an errno
        said += done.stderr.strip()
    return done.returncode, said


def local_tree(root: Path) -> dict[str, object]:
    return {
        str(path.relative_to(root)): os.readlink(path)
        if path.is_symlink()
        else "directory"
        if path.is_dir()
        else path.read_bytes()
        for path in root.rglob("*")
        if path.suffix not in (".tar", ".zip")
    }


def tree_in_zone(session: iRODSSession, root: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for collection, collections, objects in session.collections.get(root).walk():
        for each in collections:
            found[each.path[len(root) + 1 :]] = "directory"
        for each in objects:
            if not each.name.endswith((".tar", ".zip")):
                links = [avu.value for avu in each.metadata.items() if avu.name == "irodsfs::symlink"]
                found[f"{collection.path}/{each.name}"[len(root) + 1 :]] = (
                    links[0] if links else get(session, f"{collection.path}/{each.name}")
                )
    return found


def described(session: iRODSSession, path: str) -> tuple[int, set[tuple[str, str, str]], set[tuple[str, str]]]:
    """Id, AVUs and permissions of a data object."""
    found = session.data_objects.get(path)
    avus = {(avu.name, avu.value, avu.units or "") for avu in found.metadata.items()}
    levels = session.query(DataAccess.user_id, DataAccess.name).filter(DataObject.id == found.id)
    return found.id, avus, {(str(row[DataAccess.user_id]), str(row[DataAccess.name])) for row in levels}


@contextmanager
def held(path: Path) -> Iterator[int | None]:
    """The inode of a local file, which no other file gets before the end of the block."""
    with path.open("rb") if path.is_file() else nullcontext():
        yield inode(path)


def inode(path: Path) -> int | None:
    return path.lstat().st_ino if os.path.lexists(path) else None


@pytest.mark.parametrize("write_back", [False, True], ids=["written through", "written back"])
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize("way", WAYS)
def test_a_program_acts_on_what_is_there(
    machines: Machines, tmp_path: Path, way: str, situation: Situation, write_back: bool
) -> None:
    options = [*(["--write-back"] if write_back else []), *(["--posix-attributes"] if way.startswith("ln") else [])]
    mount, session = machines.mount(*options), machines.session
    name = uuid.uuid4().hex
    place, collection, local = mount.path / name, f"{mount.collection}/{name}", tmp_path / name
    for directory in (place, local):
        directory.mkdir()
        prepare(way, directory)
    other = OtherClient(session, collection, local)
    if situation.before is not None:
        for directory in (place, local):
            (directory / "f").write_bytes(situation.before)
    failed = mount.written_back()["failedFiles"]
    if situation.before is not None:
        other.describe()
    assert os.path.exists(place / "f") == ("f" in os.listdir(place)) == (situation.before is not None)
    content = content_for(way)
    other.act(situation, content)
    is_file = situation.now.endswith("file")
    before = described(session, f"{collection}/f") if is_file else None
    with held(local / "f") as inode_before:
        expected = ended(way, local)
        stayed = inode(local / "f") == inode_before
    happened = ended(way, place)
    failed = mount.written_back()["failedFiles"] - failed

    there, wanted = tree_in_zone(session, collection), local_tree(local)
    if (failed or may_end_otherwise(way, situation)) and (happened, there) != (expected, wanted):
        theirs = {"file": {"f": content}, "other file": {"f": content}, "nothing": {}}.get(
            situation.now, {"f": "directory", "f/theirs": content}
        )
        assert theirs.items() <= there.items(), f"{happened}: theirs is lost"
        told = happened[0] != 0 or (write_back and failed) or way in ("rm -f", "rm -r", "mv -n")
        assert told, f"{happened} instead of {expected}: {there}"
        return
    assert (happened, there) == (expected, wanted)
    assert not failed or happened[0] != 0
    if before is not None and "f" in wanted and wanted["f"] != "directory" and not way.startswith("ln"):
        after = described(session, f"{collection}/f")
        if stayed:
            assert after == before
        elif way in ("os.replace", "mv", "rsync", "sed -i"):
            assert after[1:] == before[1:], "what is saved by rename keeps what is known of it"


def may_end_otherwise(way: str, situation: Situation) -> bool:
    kind_changed = situation.now == "directory" and situation.before is not None
    looked = way in DECIDED_BY_LOOKING and (kind_changed or situation.before is None or situation.now == "nothing")
    return looked or (way in NEEDS_IT and situation.before is None)
