"""`cp` and `mv` within the zone: through a mount and in a session."""

from __future__ import annotations

import json
import uuid

import pytest
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine
from tests.objects import get, put

WAYS = ["mount", "session"]


def run(command: CommandLine, way: str, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    through = ("--mount", "m") if way == "mount" else ("--zone", str(command.zone))
    done = command(arguments[0], *through, *arguments[1:], stdin=stdin)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def place(command: CommandLine, client: iRODSSession, root: str) -> str:
    """A collection with a, b, tree/c, tree/sub/d, each of which holds its name, and an empty collection into."""
    path = f"{root}/{uuid.uuid4().hex}"
    assert command("mkdir", "-p", "--mount", "m", f"{path}/into").returncode == 0  # so that the mount knows of it
    client.collections.create(f"{path}/tree/sub")
    for name in ("a", "b", "tree/c", "tree/sub/d"):
        put(client, f"{path}/{name}", name.encode())
    return path


@pytest.mark.parametrize("way", WAYS)
def test_entries_are_copied_and_nothing_is_overwritten_unasked(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    local = command.mount.path / place.rpartition("/")[2]
    assert [each.name for each in (local / "into").iterdir()] == []
    assert run(command, way, "cp", f"{place}/[ab]", f"{place}/into") == (0, "", "")
    assert get(client, f"{place}/into/a") == b"a"
    if way == "mount":
        assert sorted(each.name for each in (local / "into").iterdir()) == ["a", "b"]
    status, _, told = run(command, way, "cp", f"{place}/a", f"{place}/b")
    assert (status, told) == (10, f"irodsfs: {place}/b: exists already: choose another name, or use --overwrite.\n")
    assert get(client, f"{place}/b") == b"b"
    assert run(command, way, "cp", "--overwrite", f"{place}/a", f"{place}/b") == (0, "", "")
    assert get(client, f"{place}/b") == b"a"
    listed = f"{place}/tree/c\0{place}/tree/sub/d".encode()
    assert run(command, way, "cp", "--files-from", "-", f"{place}/into", stdin=listed) == (0, "", "")
    assert get(client, f"{place}/into/d") == b"tree/sub/d"


@pytest.mark.parametrize("way", WAYS)
def test_collections_are_copied_with_all_that_is_in_them(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    assert run(command, way, "cp", f"{place}/tree", f"{place}/copy")[0] == 2
    assert run(command, way, "cp", "-r", f"{place}/tree", f"{place}/copy") == (0, "", "")
    assert get(client, f"{place}/copy/sub/d") == b"tree/sub/d"
    put(client, f"{place}/copy/c", b"changed")
    assert run(command, way, "cp", "-r", f"{place}/copy", f"{place}/into") == (0, "", "")
    status, _, told = run(command, way, "cp", "-r", f"{place}/tree", f"{place}/tree/sub/x")
    assert (status, "lies in it" in told) == (2, True)
    client.collections.create(f"{place}/into/tree")
    assert run(command, way, "cp", "-r", f"{place}/tree", f"{place}/into")[0] == 10
    put(client, f"{place}/into/tree/c", b"old")
    status, told, _ = run(command, way, "cp", "-r", "--overwrite", "--json", f"{place}/tree", f"{place}/into")
    replaced = {each["path"].removeprefix(f"{place}/into/"): each["replaced"] for each in json.loads(told)}
    assert (status, replaced) == (0, {"tree": True, "tree/c": True, "tree/sub": False, "tree/sub/d": False})
    assert get(client, f"{place}/into/tree/c") == b"tree/c"
    assert get(client, f"{place}/into/tree/sub/d") == b"tree/sub/d"
    assert get(client, f"{place}/into/copy/c") == b"changed"


@pytest.mark.parametrize("way", WAYS)
def test_entries_are_moved_and_replace_others_only_where_wanted(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    local = command.mount.path / place.rpartition("/")[2]
    client.data_objects.get(f"{place}/a").metadata.add("color", "red")
    assert (local / "a").exists()
    assert run(command, way, "mv", f"{place}/a", f"{place}/b")[0] == 10
    assert (get(client, f"{place}/a"), get(client, f"{place}/b")) == (b"a", b"b")
    assert run(command, way, "mv", "--overwrite", f"{place}/a", f"{place}/b") == (0, "", "")
    moved = client.data_objects.get(f"{place}/b")
    assert ([avu.value for avu in moved.metadata.items()], get(client, f"{place}/b")) == (["red"], b"a")
    assert run(command, way, "mv", f"{place}/tree", f"{place}/b", f"{place}/into") == (0, "", "")
    assert get(client, f"{place}/into/tree/sub/d") == b"tree/sub/d"
    if way == "mount":
        assert sorted(each.name for each in local.iterdir()) == ["into"]
        assert (local / "into/b").read_bytes() == b"a"


def test_what_would_be_done_is_told_the_same_both_ways(command: CommandLine, client: iRODSSession, place: str) -> None:
    put(client, f"{place}/into/a", b"other")
    done = command.both("mv", "-n", "--overwrite", f"{place}/[ab]", f"{place}/into")
    assert done.stdout.decode().splitlines() == [
        f"{place}/a -> {place}/into/a (replaced)",
        f"{place}/b -> {place}/into/b",
    ]
    done = command.both("cp", "-n", "--json", f"{place}/b", f"{place}/into")
    assert json.loads(done.stdout) == [
        {"path": f"{place}/into/b", "source": f"{place}/b", "replaced": False, "local_path": None}
    ]
    assert get(client, f"{place}/into/a") == b"other"
    assert not client.data_objects.exists(f"{place}/into/b")
    for arguments, status in (
        (("cp", f"{place}/a"), 2),
        (("cp", f"{place}/missing", f"{place}/x"), 6),
        (("cp", f"{place}/a", f"{place}/b", f"{place}/missing"), 6),
        (("mv", f"{place}/into/a", f"{place}/b", f"{place}/a"), 2),
        (("mv", f"{place}/a", f"{place}/a"), 2),
        (("mv", f"{place}/a", f"{place}/no/where"), 6),
        (("mv", "--overwrite", f"{place}/tree", f"{place}/a"), 2),
    ):
        told = command.both(*arguments)
        assert (told.returncode, bool(told.stderr)) == (status, True), arguments
