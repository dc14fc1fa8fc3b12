"""`acl`: permissions of many entries, through a mount and in a session."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from irodsfs.grid.permissions import LEVELS
from tests.actions.conftest import CommandLine
from tests.conftest import AddUser
from tests.objects import put
from tests.zones import AnyZone


@pytest.fixture
def tree(client: iRODSSession, root: str) -> Iterator[str]:
    """A collection with f1.txt, f2.txt and sub/f3.txt."""
    path = f"{root}/{uuid.uuid4().hex}"
    client.collections.create(f"{path}/sub")
    for name in ("f1.txt", "f2.txt", "sub/f3.txt"):
        put(client, f"{path}/{name}", b"content")
    yield path
    client.collections.remove(path, force=True)


def run(command: CommandLine, *arguments: str) -> tuple[int, str, str]:
    done = command("acl", *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def levels(command: CommandLine, *arguments: str) -> dict[str, dict[str, str]]:
    """The level of each user by path."""
    listed = json.loads(run(command, "ls", "--mount", "m", "--json", *arguments)[1])
    return {each["path"]: {one["user"]: one["level"] for one in each["permissions"]} for each in listed}


@pytest.mark.parametrize("way", ["mount", "session"])
def test_levels_are_given_to_many_paths_listed_and_taken_away(
    command: CommandLine, client: iRODSSession, tree: str, way: str
) -> None:
    through = ("--mount", "m") if way == "mount" else ("--zone", str(command.zone))
    assert run(command, "set", *through, "read", "public", f"{tree}/f*.txt", f"{tree}/sub") == (0, "", "")
    assert run(command, "set", *through, "-r", "write", "public", f"{tree}/sub") == (0, "", "")
    expected = {
        f"{tree}/f1.txt": "read_object",
        f"{tree}/f2.txt": "read_object",
        f"{tree}/sub": "modify_object",
        f"{tree}/sub/f3.txt": "modify_object",
    }
    found = levels(command, "-r", tree)
    assert {path: found[path].get("public") for path in expected} == expected
    assert run(command, "rm", *through, "-r", "public", tree) == (0, "", "")
    assert all("public" not in each for each in levels(command, "-r", tree).values())
    told = command("acl", "ls", *through, f"{tree}/f1.txt").stdout.decode().splitlines()
    assert told[0].split() == ["USER", "TYPE", "PERMISSION"]
    assert told[1].split()[0] == f"{client.username}#{client.zone}"


@pytest.mark.embedded_zone
@pytest.mark.parametrize("level", [name for name in LEVELS.values() if name not in ("null", "own")])
def test_every_level_has_the_name_that_attributes_show(command: CommandLine, tree: str, level: str) -> None:
    status, _, told = run(command, "set", "--mount", "m", level, "public", f"{tree}/f1.txt")
    if status:
        # Zones do not grant all that they have a number for.
        assert "the zone answered" in told
    else:
        assert levels(command, f"{tree}/f1.txt")[f"{tree}/f1.txt"]["public"] == level


def test_inheritance_is_set_and_shown(command: CommandLine, client: iRODSSession, tree: str) -> None:
    assert run(command, "inherit", "--mount", "m", tree) == (0, "", "")
    assert client.collections.get(tree).inheritance
    assert "inheritance  on" in run(command, "ls", "--mount", "m", tree)[1]
    assert run(command, "inherit", "--mount", "m", "--off", tree) == (0, "", "")
    assert "inheritance  off" in run(command, "ls", "--mount", "m", tree)[1]
    status, _, told = run(command, "inherit", "--mount", "m", f"{tree}/f1.txt")
    assert (status, "is not a collection" in told) == (2, True)


def test_permissions_are_copied(command: CommandLine, client: iRODSSession, tree: str) -> None:
    client.acls.set(iRODSAccess("write", f"{tree}/f1.txt", "public"))
    assert run(command, "cp", "--mount", "m", f"{tree}/f1.txt", f"{tree}/f2.txt", f"{tree}/sub") == (0, "", "")
    found = levels(command, f"{tree}/f2.txt", f"{tree}/sub")
    assert [each["public"] for each in found.values()] == ["modify_object"] * 2


@pytest.mark.administrator
def test_an_administrator_rescues_what_nobody_can_reach(
    command: CommandLine, zone_server: AnyZone, client: iRODSSession, add_user: AddUser
) -> None:
    user = add_user("rodsuser")
    path = f"/{zone_server.zone}/home/{user.name}/lost"
    with zone_server.session(user.name, user.password) as theirs:
        put(theirs, path, b"content")
        theirs.acls.set(iRODSAccess("null", path, user.name))
    zone = ("--zone", str(command.zone))
    assert run(command, "set", *zone, "own", client.username, path)[0] == 10
    assert run(command, "set", *zone, "--admin", "own", user.name, path) == (0, "", "")
    with zone_server.session(user.name, user.password) as theirs:
        theirs.data_objects.unlink(path, force=True)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("set", "fly", "public", "{tree}"), 2, "'fly' is no access level"),
        (("set", "read", "ghost", "{tree}"), 10, "no such user or group"),
        (("set", "read", "public", "{tree}/missing"), 6, "does not exist"),
        (("set", "read", "public"), 2, "There is no path"),
    ],
)
def test_what_is_wrong_is_told_in_the_commands_own_words(
    command: CommandLine, tree: str, arguments: tuple[str, ...], status: int, told: str
) -> None:
    found = run(command, arguments[0], "--mount", "m", *(each.format(tree=tree) for each in arguments[1:]))
    assert (found[0], told in found[2]) == (status, True)
