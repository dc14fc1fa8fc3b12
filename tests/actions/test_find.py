"""`irodsfs find`: by each criterion, through a mount and in a session, with any name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine

TREE = {
    "a/one.txt": b"1",
    "a/two.txt": b"22",
    "a/f[12].txt": b"",
    "a/b/big.dat": b"x" * 5000,
    "a/b/c/deep.txt": b"deep",
    "it's/new\nline": b"n",
    "it's/été": b"e",
}
AVUS = {
    "a/one.txt": [("Author", "Me", ""), ("Width", "7", "nm")],
    "a/two.txt": [("Author", "You", ""), ("Width", "10", "mm")],
    "a/b/big.dat": [("Author", "Mean", ""), ("Width", "wide", "")],
}


@pytest.fixture(scope="module", autouse=True)
def tree(client: iRODSSession, root: str) -> None:
    for name, content in TREE.items():
        path = f"{root}/{name}"
        client.collections.create(path.rpartition("/")[0])
        with client.data_objects.open(path, "w") as file:
            file.write(content)
    for name, avus in AVUS.items():
        for avu in avus:
            client.data_objects.get(f"{root}/{name}").metadata.add(*avu)
    client.collections.get(f"{root}/a/b").metadata.add("Project", "ice")


CRITERIA: list[tuple[dict[str, Any], set[str]]] = [
    ({"type": "f"}, set(TREE)),
    ({"type": "d", "min_depth": 1}, {"a", "a/b", "a/b/c", "it's"}),
    ({"name": ["*.txt"]}, {"a/one.txt", "a/two.txt", "a/f[12].txt", "a/b/c/deep.txt"}),
    ({"name": ["b"]}, {"a/b"}),
    ({"path": ["*/b/*.txt"]}, {"a/b/c/deep.txt"}),
    ({"size": [">2", "<1k"]}, {"a/b/c/deep.txt"}),
    ({"size": ["in 1,2"], "max_depth": 2, "name": ["*.txt"]}, {"a/one.txt", "a/two.txt"}),
    ({"avu": ["Author=Me"]}, {"a/one.txt"}),
    ({"avu": ["Author like Me%"]}, {"a/one.txt", "a/b/big.dat"}),
    ({"avu": ["Author in You,Me"]}, {"a/one.txt", "a/two.txt"}),
    ({"avu": ["Width>8"]}, {"a/two.txt"}),
    ({"avu": ["Width;nm"]}, {"a/one.txt"}),
    ({"avu": ["Width<100;mm"]}, {"a/two.txt"}),
    ({"avu": ["Author", "Width<8"]}, {"a/one.txt"}),
    ({"avu": ["Project"]}, {"a/b"}),
    ({"coll_avu": ["Project=ice"]}, {"a/b", "a/b/big.dat"}),
    ({"coll_avu": ["Project=ice"], "avu": ["Author"]}, {"a/b/big.dat"}),
    ({"newer": "1h", "older": "@0"}, set()),
    ({"older": "1d"}, set()),
    ({"newer": "1h", "size": ["0"]}, {"a/f[12].txt"}),
    ({"owner": ["like nobod_"]}, set()),
    ({"checksum": ["sha2:none"]}, set()),
    ({"resource": ["noResc"]}, set()),
]


def below(root: str, records: list[dict[str, Any]]) -> set[str]:
    return {record["path"].removeprefix(f"{root}/") for record in records}


def test_criteria(command: CommandLine, root: str) -> None:
    asked = [("find", {"paths": [root], **criteria}) for criteria, _ in CRITERIA]
    for (criteria, expected), records in zip(CRITERIA, command.records(*asked), strict=True):
        assert below(root, records) == expected, criteria


def test_owner_resource_and_checksum(command: CommandLine, client: iRODSSession, root: str) -> None:
    path = f"{root}/a/one.txt"
    checksum = client.data_objects.chksum(path)
    hierarchy = client.data_objects.get(path).replicas[0].resc_hier
    criteria = [
        {"checksum": [checksum]},
        {"checksum": ["like sha2:%"]},
        {"checksum": [checksum], "resource": [hierarchy.partition(";")[0]]},
        {"checksum": [checksum], "owner": [f"{client.username}#{client.zone}"]},
        {"checksum": [checksum], "owner": [f"in {client.username},nobody"]},
    ]
    for records in command.records(*(("find", {"paths": [root], **each}) for each in criteria)):
        assert below(root, records) == {"a/one.txt"}


def test_paths_on_a_mount_are_shown_as_they_were_named(command: CommandLine, root: str) -> None:
    assert command("find", "m/a/b").stdout == b"m/a/b\nm/a/b/big.dat\nm/a/b/c\nm/a/b/c/deep.txt\n"
    mount = str(command.mount.path)
    assert command("find", f"{mount}/a/o*").stdout.decode() == f"{mount}/a/one.txt\n"
    assert command("find", f"{root}/a/one.txt").stdout.decode() == f"{root}/a/one.txt\n"
    (record,) = json.loads(command("find", "m/a/one.txt", "--json").stdout)
    assert (record["path"], record["local_path"]) == (f"{root}/a/one.txt", "m/a/one.txt")
    assert (record["type"], record["size"]) == ("data_object", 1)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*.txt", ["a/f[12].txt", "a/one.txt", "a/two.txt"]),
        ("a/f[12].txt", ["a/f[12].txt"]),
        ("**/*.txt", ["a/b/c/deep.txt", "a/f[12].txt", "a/one.txt", "a/two.txt"]),
        ("?/b/[bc]*", ["a/b/big.dat", "a/b/c", "a/b/c/deep.txt"]),
        ("it's/n*", ["it's/new\nline"]),
    ],
)
def test_wildcards_are_for_the_zone(command: CommandLine, root: str, pattern: str, expected: list[str]) -> None:
    logical = command.both("find", f"{root}/{pattern}").stdout.decode()
    assert logical == "".join(f"{root}/{name}\n" for name in expected)
    assert command("find", f"m/{pattern}").stdout.decode() == "".join(f"m/{name}\n" for name in expected)


def test_home_is_a_tilde_and_a_relative_path(command: CommandLine, root: str) -> None:
    below = root.rpartition("/")[2]
    for path in (f"~/{below}/a/one.txt", f"irods:~/{below}/a/one.txt", f"irods:{below}/a/one.txt"):
        assert command.both("find", path).stdout.decode() == f"{root}/a/one.txt\n"


def test_what_is_found_feeds_other_commands(command: CommandLine, root: str) -> None:
    paths = command("find", "m", "--type", "f", "-0").stdout
    assert command("find", "--files-from", "-", "-0", stdin=paths).stdout == paths
    lines = command("find", root, "--name", "*.txt").stdout
    again = command("find", "--zone", command.zone, "--files-from", "-", stdin=lines)
    assert sorted(again.stdout.splitlines()) == sorted(lines.splitlines())


def test_what_is_amiss_is_said_for_each_path_and_the_rest_is_done(command: CommandLine, root: str) -> None:
    done = command.both("find", f"{root}/no", f"{root}/a/one.txt", "/noZone/x", f"{root}/z*")
    assert (done.returncode, done.stdout.decode()) == (6, f"{root}/a/one.txt\n")
    assert done.stderr.decode().splitlines() == [
        f"irodsfs: {root}/no: does not exist, or you may not see it: check the path.",
        "irodsfs: /noZone/x: there is no zone noZone, and no mount of yours at that path: "
        "name a path on a mount, or one that begins with a zone.",
        f"irodsfs: {root}/z*: nothing fits it: check the wildcards.",
    ]
    local = command("find", "m/no", "--json")
    (failure,) = [json.loads(line)["failure"] for line in local.stderr.splitlines()]
    assert (local.returncode, failure["path"], failure["error"]) == (6, "m/no", "MISSING")
    assert command.both("find", root, "--size", "much").returncode == 2


def test_names_are_printed_as_they_are_whatever_the_locale(command: CommandLine) -> None:
    for environment in (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ):
        done = command("find", "m/it's/été".encode(), **environment)
        assert (done.returncode, done.stdout) == (0, "m/it's/été\n".encode())


def test_a_full_disk_and_a_closed_pipe_are_no_failures_of_the_program(command: CommandLine) -> None:
    program = [sys.executable, "-m", "irodsfs", "find", "m"]
    for options in ([], ["--long"], ["--json"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*program, *options],
                env=command.environment,
                cwd=command.mount.path.parent,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert (done.returncode, done.stderr) == (
            1,
            b"irodsfs: The output can't be written: No space left on device.\n",
        )
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            program,
            env=command.environment,
            cwd=command.mount.path.parent,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b""


def test_a_table_has_no_blanks_at_the_ends_of_its_lines(command: CommandLine, root: str) -> None:
    lines = command.both("find", root, "--long").stdout.decode().split("\n")
    assert lines[0].split() == ["OWNER", "SIZE", "MODIFIED", "PATH"]
    assert all(line == line.rstrip() for line in lines)
    assert any(line.endswith("it's/new\\nline") for line in lines)


LIGHT = """
import resource, sys
sys.argv[1:] = ["find", "m/a"]
from irodsfs.cli import main
try:
    main()
finally:
    heavy = {"irods", "pydantic", "trio", "rich", "starlette"} & set(sys.modules)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(sorted(heavy), used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def test_a_command_through_the_socket_starts_quickly(command: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        env=command.environment,
        cwd=command.mount.path.parent,
        capture_output=True,
        check=True,
    )
    heavy, seconds = done.stderr.decode().rsplit(maxsplit=1)
    assert heavy == "[]"
    assert float(seconds) < 0.15
