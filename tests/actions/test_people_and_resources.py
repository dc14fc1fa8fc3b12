"""`user`, `group`, `resource`, `server`, `passwd` and `error`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from irods.password_obfuscation import decode
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine
from tests.conftest import AddGroup, AddUser
from tests.zones import AnyZone


@pytest.mark.administrator
def test_users_and_groups_are_shown_with_their_memberships(
    command: CommandLine, add_user: AddUser, add_group: AddGroup, client: iRODSSession
) -> None:
    user = add_user("rodsuser")
    group = add_group(user.name)
    (shown,) = json.loads(command.both("user", user.name, "--json").stdout)
    assert (shown["user"], shown["zone"], shown["type"]) == (user.name, client.zone, "rodsuser")
    assert set(shown["groups"]) == {group, "public"}
    (shown,) = json.loads(command.both("group", group, "--json").stdout)
    assert shown["members"] == [f"{user.name}#{client.zone}"]
    assert user.name in command.both("user").stdout.decode()
    assert group in command.both("group").stdout.decode()
    missing = command.both("user", "ghost")
    assert (missing.returncode, missing.stderr) == (6, b"irodsfs: ghost: the zone has no such user: check the name.\n")


def test_resources_are_shown_with_host_and_vault(command: CommandLine, client: iRODSSession) -> None:
    shown = json.loads(command.both("resource", "--json").stdout)
    known = {each["resource"]: each for each in shown}
    assert "bundleResc" not in known
    assert all(each["hierarchy"].endswith(each["resource"]) for each in shown)
    name = next(iter(known))
    assert known[name]["vault"] in command.both("resource", name).stdout.decode()


def test_the_server_tells_its_release_and_as_whom_it_is_asked(command: CommandLine, client: iRODSSession) -> None:
    (shown,) = json.loads(command.both("server", "--json").stdout)
    assert (shown["zone"], shown["user"]) == (client.zone, f"{client.username}#{client.zone}")
    assert shown["release"].startswith("rods")
    assert shown["release"] in command.both("server").stdout.decode()


@pytest.mark.parametrize("named", ["-808000", "808000", "CAT_NO_ROWS_FOUND", "cat_no_rows_found"])
def test_an_error_is_told_by_number_and_by_name(command: CommandLine, named: str) -> None:
    told = json.loads(command("error", "--json", "--", named).stdout)
    assert (told["number"], told["name"]) == (-808000, "CAT_NO_ROWS_FOUND")
    assert told["programs_see"].startswith("ENOENT")


def test_an_error_of_storage_is_told_with_that_of_the_system(command: CommandLine) -> None:
    assert json.loads(command("error", "510002", "--json").stdout)["of_the_system"] == os.strerror(2)
    unknown = command("error", "no-such-error")
    assert (unknown.returncode, b"is no error of iRODS" in unknown.stderr) == (3, True)


@pytest.mark.administrator
def test_a_password_is_changed_in_the_zone_and_where_it_is_kept(
    command: CommandLine, add_user: AddUser, zone_server: AnyZone
) -> None:
    user = add_user("rodsuser")
    environment = zone_server.environment_file(user.name, user.password)
    kept = environment.with_name(".irodsA")
    refused = command("passwd", "--zone", environment, stdin=b"ab\n")
    assert (refused.returncode, b"3 to 42 characters" in refused.stderr) == (3, True)
    done = command("passwd", "--zone", environment, stdin=b"a new one\n")
    assert (done.returncode, done.stdout.decode()) == (0, f"The password of {user.name} is changed.\n"), done.stderr
    assert decode(kept.read_text("utf-8"), uid=os.getuid()) == "a new one"
    assert Path(kept).stat().st_mode & 0o777 == 0o600
    with zone_server.session(user.name, "a new one") as session:
        assert session.collections.exists(f"/{session.zone}/home/{user.name}")
