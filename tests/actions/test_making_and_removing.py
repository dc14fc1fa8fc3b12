"""`mkdir`, `touch` and `rm`: through a mount and in a session."""

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
def place(client: iRODSSession, root: str) -> str:
    path = f"{root}/{uuid.uuid4().hex}"
    client.collections.create(path)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_collections_are_made_with_those_above_where_wanted(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    local = command.mount.path / place.rpartition("/")[2]
    assert not (local / "x").exists()
    assert run(command, way, "mkdir", f"{place}/a", f"{place}/b[1]") == (0, "", "")
    status, _, told = run(command, way, "mkdir", f"{place}/x/y", f"{place}/a")
    assert status == 6
    assert [line.partition(": ")[2].partition(",")[0] for line in told.splitlines()] == [
        f"{place}/x/y: the collection that is to hold it does not exist",
        f"{place}/a: exists already: choose another name",
    ]
    assert run(command, way, "mkdir", "-p", f"{place}/x/y/z", f"{place}/a") == (0, "", "")
    assert all(client.collections.exists(f"{place}/{name}") for name in ("b[1]", "x/y/z"))
    if way == "mount":
        assert (local / "x/y/z").is_dir()


def test_collections_are_made_by_their_path_on_a_mount(command: CommandLine, client: iRODSSession, place: str) -> None:
    local = command.mount.path / place.rpartition("/")[2]
    done = command("mkdir", "-p", "--json", local / "new/[er]")
    assert json.loads(done.stdout) == [
        {"path": f"{place}/new/[er]", "made": True, "local_path": str(local / "new/[er]")}
    ]
    assert client.collections.exists(f"{place}/new/[er]")
    put(client, f"{place}/file", b"content")
    done = command("mkdir", "-p", local / "file")
    assert (done.returncode, b"exists already" in done.stderr) == (10, True)


@pytest.mark.parametrize("way", WAYS)
def test_touch_makes_what_is_not_there_and_dates_what_is(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    put(client, f"{place}/old", b"content")
    assert run(command, way, "touch", "--time", "@1000000", f"{place}/o*", f"{place}/new", place) == (0, "", "")
    objects = [client.data_objects.get(f"{place}/{name}") for name in ("old", "new")]
    assert [int(each.modify_time.timestamp()) for each in objects] == [1000000] * 2
    assert get(client, f"{place}/old") == b"content"
    assert int(client.collections.get(place).modify_time.timestamp()) == 1000000
    assert run(command, way, "touch", "-c", f"{place}/none") == (0, "", "")
    assert not client.data_objects.exists(f"{place}/none")
    assert run(command, way, "touch", f"{place}/x*", f"{place}/no/where")[0] == 6


@pytest.mark.parametrize("way", WAYS)
def test_what_is_removed_is_in_the_trash_unless_it_goes_for_good(
    command: CommandLine, client: iRODSSession, place: str, way: str
) -> None:
    client.collections.create(f"{place}/tree/sub")
    for name in ("a1", "a2", "b", "c", "tree/sub/d"):
        put(client, f"{place}/{name}", b"content")
    trash = place.replace("/home/", "/trash/home/", 1)
    assert run(command, way, "rm", f"{place}/a?", f"{place}/missing")[0] == 6
    assert run(command, way, "rm", "--permanent", f"{place}/b") == (0, "", "")
    assert run(command, way, "rm", "-f", "--files-from", "-", stdin=f"{place}/c\n{place}/missing".encode())[0] == 0
    status, _, told = run(command, way, "rm", f"{place}/tree")
    assert (status, "is a collection: use --recursive" in told) == (2, True)
    assert run(command, way, "rm", "-r", f"{place}/tree") == (0, "", "")
    found = client.collections.get(place)
    assert (found.data_objects, found.subcollections) == ([], [])
    assert {each.name for each in client.collections.get(trash).data_objects} == {"a1", "a2", "c"}
    assert get(client, f"{trash}/tree/sub/d") == b"content"
    told = run(command, way, "rm", "-r", "--json", trash)[1]
    assert json.loads(told) == [{"path": trash, "trash": False, "local_path": None}]
    assert not client.collections.exists(trash)


def test_what_can_not_be_done_is_told_both_ways_in_the_same_words(command: CommandLine, place: str) -> None:
    zone = place.split("/")[1]
    for arguments, status in (
        (("rm", f"{place}/missing"), 6),
        (("rm", "-f", f"{place}/missing"), 0),
        (("rm", "-r", f"/{zone}"), 2),
        (("rm",), 2),
        (("mkdir", place), 10),
        (("mkdir", "-p", "/ghostZone/x"), 2),
        (("touch", "--time", "soon", place), 2),
        (("touch", f"{place}/no/where"), 6),
    ):
        done = command.both(*arguments)
        assert (done.returncode, bool(done.stderr)) == (status, status != 0), arguments
