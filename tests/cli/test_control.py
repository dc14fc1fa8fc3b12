"""`irodsfs status`, `query`, `ticket`, `rule`, `acl` and `meta`: thin clients of a mount's control socket."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand
from tests.mounts import Mount
from tests.zones import AnyZone


def test_status_names_the_mount_and_its_socket(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    answer = json.loads(irodsfs("status", mount.path, "--json").stdout)
    assert (answer["mountpoint"], answer["collection"]) == (str(mount.path), mount.collection)
    assert Path(answer["socket"]).is_socket()
    assert str(mount.path) in irodsfs("status", mount.path).stdout


def test_metadata_is_added_listed_and_removed(irodsfs: IrodsfsCommand, mount: Mount, session: iRODSSession) -> None:
    file = mount.path / "file"
    file.write_bytes(b"")
    assert irodsfs("meta", "add", file, "color", "red", "nm").returncode == 0
    avus = session.data_objects.get(f"{mount.collection}/file").metadata.items()
    assert [(avu.name, avu.value, avu.units) for avu in avus] == [("color", "red", "nm")]
    listed = json.loads(irodsfs("meta", "ls", file, "--json").stdout)
    avu = {"attribute": "color", "value": "red", "units": "nm"}
    assert listed == [{"path": f"{mount.collection}/file", **avu, "local_path": str(file)}]
    assert irodsfs("meta", "rm", file, "color", "red", "nm").returncode == 0
    again = irodsfs("meta", "rm", file, "color", "red", "nm")
    assert again.returncode == 10
    assert again.stderr == f"irodsfs: {file} has no such metadata.\n"


def test_permissions_are_granted_listed_and_revoked(
    irodsfs: IrodsfsCommand, mount: Mount, zone_server: AnyZone
) -> None:
    assert irodsfs("acl", "grant", mount.path, "public", "read").returncode == 0
    assert irodsfs("acl", "inherit", mount.path).returncode == 0
    (listing,) = json.loads(irodsfs("acl", "ls", mount.path, "--json").stdout)
    assert listing["inherits"] is True
    assert {each["user"]: each["level"] for each in listing["permissions"]} == {
        "public": "read_object",
        zone_server.user: "own",
    }
    assert irodsfs("acl", "revoke", mount.path, f"public#{zone_server.zone}").returncode == 0
    assert "public" not in irodsfs("acl", "ls", mount.path).stdout


def test_tickets_are_made_changed_listed_and_removed(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    name = irodsfs("ticket", "create", mount.path).stdout.strip()
    other = json.loads(irodsfs("ticket", "create", mount.path, "--json").stdout)["ticket_string"]
    assert irodsfs("ticket", "rm", other, "--mount", mount.path).returncode == 0
    assert irodsfs("ticket", "modify", name, "uses_limit", "3", "--mount", mount.path).returncode == 0
    (ticket,) = json.loads(irodsfs("ticket", "ls", name, "--mount", mount.path, "--json").stdout)
    assert (ticket["irods_path"], ticket["uses_limit"]) == (mount.collection, 3)
    assert name in irodsfs("ticket", "ls", "--mount", mount.path).stdout
    assert irodsfs("ticket", "rm", name, "--mount", mount.path).returncode == 0
    assert irodsfs("ticket", "ls", name, "--mount", mount.path).returncode == 10


def test_queries_and_rules_print_what_they_bring(irodsfs: IrodsfsCommand, mount: Mount, tmp_path: Path) -> None:
    (mount.path / "file").write_bytes(b"12345")
    text = f"select DATA_NAME, DATA_SIZE where COLL_NAME = '{mount.collection}'"
    rows = json.loads(irodsfs("query", text, "--mount", mount.path, "--json").stdout)
    assert rows == [{"DATA_NAME": "file", "DATA_SIZE": "5"}]
    rule = tmp_path / "rule.r"
    rule.write_text('r { writeLine("stdout", "*a"); *b = "c"; }\nINPUT *a="1"\nOUTPUT *b,ruleExecOut\n')
    assert irodsfs("rule", str(rule), '*a="x"', "--mount", mount.path).stdout == "*b = c\nx\n"


def test_a_place_that_is_no_mount_and_a_refusal_are_told_in_a_line(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    nowhere = irodsfs("status", "/")
    assert (nowhere.returncode, nowhere.stdout) == (10, "")
    listed = f"Mounted are: {mount.path}."
    assert nowhere.stderr == f"irodsfs: / is not on a mount of irodsfs: name a path on one. {listed}\n"
    assert irodsfs("ticket", "create", "/missing").stderr.startswith("irodsfs: /missing does not exist: ")
    refused = irodsfs("query", "selec", "--mount", mount.path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("irodsfs: GenQuery1 does not understand 'selec'")
    assert refused.stderr.count("\n") == 1


def test_the_string_of_a_ticket_need_not_be_on_the_command_line(
    irodsfs: IrodsfsCommand, mount: Mount, user_environment: dict[str, str]
) -> None:
    def with_ticket(*arguments: str | Path) -> str:
        command = [sys.executable, "-m", "irodsfs", "ticket", *arguments]
        done = subprocess.run(
            command, env=user_environment, input=f"{name}\n", capture_output=True, text=True, check=True
        )
        return done.stdout

    name = f"t{uuid.uuid4().hex}"
    assert with_ticket("create", mount.path, "--name", "-") == f"{name}\n"
    with_ticket("modify", "-", "uses_limit", "3", "--mount", mount.path)
    (shown,) = json.loads(with_ticket("ls", "-", "--mount", mount.path, "--json"))
    assert (shown["ticket_string"], shown["uses_limit"]) == (name, 3)
    with_ticket("rm", "-", "--mount", mount.path)
    assert irodsfs("ticket", "ls", name, "--mount", mount.path).returncode == 10


@pytest.mark.parametrize("from_file", [True, False])
def test_the_string_of_a_ticket_comes_from_a_file_or_the_environment(
    irodsfs: IrodsfsCommand, mount: Mount, tmp_path: Path, from_file: bool
) -> None:
    name = f"t{uuid.uuid4().hex}"
    (tmp_path / "ticket").write_text(f"{name}\n")
    file = ("--ticket-file", tmp_path / "ticket")
    told, env = (file, None) if from_file else ((), {"IRODSFS_TICKET": name})
    assert irodsfs("ticket", "create", mount.path, *file).stdout == f"{name}\n"
    assert irodsfs("ticket", "modify", "uses_limit", "3", "--mount", mount.path, *told, env=env).returncode == 0
    (shown,) = json.loads(irodsfs("ticket", "ls", "--mount", mount.path, "--json", *file).stdout)
    assert (shown["ticket_string"], shown["uses_limit"]) == (name, 3)
    done = irodsfs("ticket", "rm", "--mount", mount.path, *told, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    named = irodsfs("ticket", "ls", name, "--mount", mount.path)
    assert named.returncode == 10
    assert "--ticket-file" in named.stderr.splitlines()[0]


@pytest.mark.parametrize("arguments", [("rm",), ("modify", "uses_limit"), ("modify",), ("modify", "a", "b", "c", "d")])
def test_a_ticket_that_is_not_named_is_asked_for(irodsfs: IrodsfsCommand, arguments: tuple[str, ...]) -> None:
    assert irodsfs("ticket", *arguments).returncode == 2
