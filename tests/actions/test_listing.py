"""`irodsfs ls`, `tree`, `du` and `info`: the same through a mount and in a session, and true of the zone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine
from tests.conftest import AddUser
from tests.zones import AnyZone

TREE = {"a/one.txt": b"1", "a/b/two.dat": b"x" * 2048, "a/b/c/it's": b"333", "new\nline": b""}


@pytest.fixture(scope="module", autouse=True)
def tree(client: iRODSSession, root: str) -> None:
    for name, content in TREE.items():
        path = f"{root}/{name}"
        client.collections.create(path.rpartition("/")[0])
        with client.data_objects.open(path, "w") as file:
            file.write(content)
    client.data_objects.get(f"{root}/a/one.txt").metadata.add("Color", "red", "nm")
    client.collections.get(f"{root}/a/b").metadata.add("Project", "ice")
    client.acls.set(iRODSAccess("read", f"{root}/a/one.txt", "public"))
    client.acls.set(iRODSAccess("inherit", f"{root}/a/b"))


def test_a_listing_has_all_that_belongs_to_its_entries(command: CommandLine, client: iRODSSession, root: str) -> None:
    ((heading, collection, found),) = command.records(("ls", {"paths": [f"{root}/a"], "details": True}))
    assert heading == {"collection": f"{root}/a"}
    assert (collection["path"], collection["type"], collection["inherits"]) == (f"{root}/a/b", "collection", True)
    assert collection["avus"] == [{"attribute": "Project", "value": "ice", "units": ""}]
    known = client.data_objects.get(f"{root}/a/one.txt")
    assert (found["id"], found["size"], found["owner"]) == (known.id, 1, client.username)
    assert [(each["number"], each["state"], each["hierarchy"]) for each in found["replicas"]] == [
        (0, "good", known.replicas[0].resc_hier)
    ]
    levels = {(each["user"], each["level"]) for each in found["permissions"]}
    assert levels == {("public", "read_object"), (client.username, "own")}
    assert found["avus"] == [{"attribute": "Color", "value": "red", "units": "nm"}]


def test_listings_for_people(command: CommandLine, root: str) -> None:
    assert command("ls", "m").stdout == b"a/\nnew\nline\n"
    assert command("ls", "m/a", "m/a/b/c", "m/a/one.txt").stdout.decode() == (
        "m/a:\nb/\none.txt\n\nm/a/b/c:\nit's\n\nm/a/one.txt\n"
    )
    assert command("ls", "-d", "m/a").stdout == b"m/a/\n"
    assert command.both("ls", f"{root}/a/b").stdout.decode() == "c/\ntwo.dat\n"
    assert command("ls", "m/a/*.txt").stdout == b"m/a/one.txt\n"
    lines = command.both("ls", "--long", root, f"{root}/a").stdout.decode().splitlines()
    assert all(line == line.rstrip() for line in lines)
    assert lines[0] == f"{root}:"
    assert lines[1].split() == ["OWNER", "SIZE", "MODIFIED", "REPLICAS", "PERMISSIONS", "METADATA", "NAME"]
    assert lines[3].endswith("  new\\nline")
    assert "Color=red nm" in lines[-1]
    (record,) = json.loads(command("ls", "--json", "m/a/one.txt").stdout)
    assert (record["path"], record["local_path"]) == (f"{root}/a/one.txt", "m/a/one.txt")


def test_what_a_user_may_go_through_is_listed_though_the_zone_hides_it(
    command: CommandLine, add_user: AddUser, zone_server: AnyZone
) -> None:
    user = add_user()
    own = zone_server.environment_file(user.name, user.password)
    assert f"{zone_server.zone}/" in command("ls", "--zone", own, "/").stdout.decode().splitlines()
    listed = command("ls", "--zone", own, "--long", f"/{zone_server.zone}")
    assert listed.returncode == 0
    assert {line.split()[-1] for line in listed.stdout.decode().splitlines()[1:]} == {"home/", "trash/"}
    assert command("info", "--zone", own, f"/{zone_server.zone}").stdout.decode().splitlines()[-1].split() == [
        "type",
        "collection",
    ]


def test_a_tree(command: CommandLine, root: str) -> None:
    drawn = """m/
├── a/
│   ├── b/
│   │   ├── c/
│   │   │   └── it's
│   │   └── two.dat
│   └── one.txt
└── new\\nline

4 collections, 4 data objects
"""
    assert command("tree", "m").stdout.decode() == drawn
    assert command.both("tree", root).stdout.decode() == drawn.replace("m/", f"{root}/", 1)
    assert command("tree", "-d", "-L", "2", "m").stdout.decode().splitlines()[:3] == ["m/", "└── a/", "    └── b/"]
    assert "two.dat (2.0K)" in command("tree", "-s", "m").stdout.decode()
    (document,) = json.loads(command("tree", "m/a/b", "--json").stdout)
    assert [child["path"] for child in document["children"]] == [f"{root}/a/b/c", f"{root}/a/b/two.dat"]
    assert document["children"][0]["children"][0]["local_path"] == "m/a/b/c/it's"


def used(records: list[dict[str, Any]], root: str) -> dict[str, tuple[int, int, int]]:
    return {
        each["path"].removeprefix(root): (each["size"], each["data_objects"], each["collections"]) for each in records
    }


def test_sums(command: CommandLine, root: str) -> None:
    whole, parts, single = command.records(
        ("du", {"paths": [root]}),
        ("du", {"paths": [root], "max_depth": 2}),
        ("du", {"paths": [f"{root}/a/one.txt", f"{root}/a/b/c"]}),
    )
    assert used(whole, root) == {"": (2052, 4, 3)}
    assert used(parts, root) == {"": (2052, 4, 3), "/a": (2052, 3, 2), "/a/b": (2051, 2, 1)}
    assert used(single, root) == {"/a/one.txt": (1, 1, 0), "/a/b/c": (3, 1, 0)}
    assert command.both("du", "--bytes", f"{root}/a").stdout.decode().splitlines()[1].split() == [
        "2052", "3", "2", f"{root}/a",
    ]  # fmt: skip
    assert command("du", "m/a").stdout.decode().splitlines()[1].split()[::3] == ["2.0K", "m/a"]


def test_an_object_counts_once_whatever_replicas_it_has(
    command: CommandLine, session: iRODSSession, home: str, other_resource: str
) -> None:
    for name in ("both", "moved", "one"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(b"12345")
    for name in ("both", "moved"):
        session.data_objects.replicate(f"{home}/{name}", other_resource)
    session.data_objects.trim(f"{home}/moved", replNum="0", copies="1")
    assert [each.number for each in session.data_objects.get(f"{home}/moved").replicas] == [1]
    (records,) = command.records(("du", {"paths": [home], "max_depth": 1}))
    assert used(records, home) == {"": (15, 3, 0)}
    remove_all(session, home)


def test_a_replica_that_is_stale_decides_nothing(
    command: CommandLine, session: iRODSSession, home: str, other_resource: str
) -> None:
    path = f"{home}/object"
    with session.data_objects.open(path, "w") as file:
        file.write(b"1234567890")
    session.data_objects.replicate(path, other_resource)
    with session.data_objects.open(path, "r+") as file:
        file.write(b"123456789012345")
    old, new, there = command.records(
        ("find", {"paths": [home], "size": ["10"]}),
        ("find", {"paths": [home], "size": ["15"]}),
        ("find", {"paths": [home], "resource": [other_resource]}),
    )
    assert old == []
    assert [each["path"] for each in new] == [path]
    assert [(each["path"], each["size"]) for each in there] == [(path, 15)]
    remove_all(session, home)


def remove_all(session: iRODSSession, path: str) -> None:
    """So that the other resource can be removed."""
    session.collections.remove(path, force=True)


def test_all_that_the_zone_knows_of_an_object(command: CommandLine, client: iRODSSession, root: str) -> None:
    path = f"{root}/a/one.txt"
    checksum = client.data_objects.chksum(path)
    ((record,),) = command.records(("info", {"paths": [path]}))
    known = client.data_objects.get(path)
    (replica,) = record["replicas"]
    assert (record["id"], record["checksum"], record["size"]) == (known.id, checksum, 1)
    assert (replica["physical_path"], replica["hierarchy"]) == (known.replicas[0].path, known.replicas[0].resc_hier)
    assert record["avus"] == [{"attribute": "Color", "value": "red", "units": "nm"}]
    told = command("info", "m/a/one.txt").stdout.decode()
    for part in ("m/a/one.txt", path, str(known.id), checksum, known.replicas[0].path, "Color = red [nm]", "public#"):
        assert part in told
    assert all(line == line.rstrip() for line in told.splitlines())


def test_all_that_the_zone_knows_of_a_collection(command: CommandLine, client: iRODSSession, root: str) -> None:
    ticket = command("ticket", "create", "m/a/b").stdout.decode().strip()
    told = command.both("info", f"{root}/a/b").stdout.decode()
    command("ticket", "rm", ticket, "--mount", "m")
    lines = [line.split(maxsplit=1) for line in told.splitlines()]
    assert ["inheritance", "on: what is made in it gets its permissions"] in lines
    assert ["holds", "2 data objects of 2051 bytes, 1 collections, at any depth"] in lines
    assert ["metadata", "Project = ice"] in lines
    assert ["tickets", f"{ticket}: read, used 0 times, unlimited"] in lines
    both = json.loads(command("info", "m/a/b", "m/a/one.txt", "--json").stdout)
    assert [each["local_path"] for each in both] == ["m/a/b", "m/a/one.txt"]


@pytest.mark.parametrize("name", ["ls", "tree", "du", "info"])
def test_what_is_missing_is_said_and_the_rest_is_done(command: CommandLine, root: str, name: str) -> None:
    done = command.both(name, f"{root}/no", f"{root}/a/one.txt")
    assert (done.returncode, b"one.txt" in done.stdout) == (6, True)
    assert done.stderr.decode() == f"irodsfs: {root}/no: does not exist, or you may not see it: check the path.\n"
