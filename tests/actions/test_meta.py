"""`meta`: metadata of many entries, users and resources, through a mount and in a session."""

from __future__ import annotations

import json
import posixpath
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.meta import iRODSMeta
from irods.models import Resource
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine
from tests.objects import put

Avus = list[tuple[str, str, str]]


@pytest.fixture
def tree(client: iRODSSession, root: str) -> Iterator[str]:
    """A collection with f1.txt, f2.txt, `it's`, and sub/f3.txt."""
    path = f"{root}/{uuid.uuid4().hex}"
    client.collections.create(f"{path}/sub")
    for name in ("f1.txt", "f2.txt", "it's", "sub/f3.txt"):
        put(client, f"{path}/{name}", b"content")
    yield path
    client.collections.remove(path, force=True)


def avus_of(client: iRODSSession, path: str) -> Avus:
    entry = client.collections if client.collections.exists(path) else client.data_objects
    return sorted((avu.name, avu.value, avu.units or "") for avu in entry.get(path).metadata.items())


def run(command: CommandLine, *arguments: str | Path) -> tuple[int, str, str]:
    done = command("meta", *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("way", ["mount", "session"])
def test_many_paths_are_changed_and_counted_exactly(
    command: CommandLine, client: iRODSSession, tree: str, way: str
) -> None:
    through = ("--mount", "m") if way == "mount" else ("--zone", str(command.zone))
    names = [f"{tree}/f1.txt", f"{tree}/f2.txt", f"{tree}/it's"]
    assert run(command, "add", *through, "--avu", "Kind=organic;u", *names) == (0, "3 added to 3 of 3\n", "")
    assert run(command, "add", *through, "--avu", "Kind=organic;u", "--avu", "N=1", *names[:2]) == (
        0, "2 added to 2 of 2\n", "",
    )  # fmt: skip
    assert avus_of(client, names[0]) == [("Kind", "organic", "u"), ("N", "1", "")]
    assert avus_of(client, names[2]) == [("Kind", "organic", "u")]
    assert run(command, "rm", *through, "--avu", "N", *names) == (0, "2 removed from 2 of 3\n", "")
    assert [avus_of(client, name) for name in names] == [[("Kind", "organic", "u")]] * 3


def test_a_pattern_that_the_shell_replaced_is_no_attribute(
    command: CommandLine, client: iRODSSession, tree: str
) -> None:
    local = [command.mount.path / posixpath.relpath(tree, command.root) / name for name in ("f1.txt", "f2.txt")]
    for arguments in ([*local, "Kind"], [*local, "Kind", "organic"], [*local, "Kind", "organic", "u"]):
        status, _, told = run(command, "add", *arguments)
        assert status == 2
        assert "--avu" in told
    assert [avus_of(client, f"{tree}/{name}") for name in ("f1.txt", "f2.txt")] == [[], []]


def test_wildcards_and_everything_below_are_reached(command: CommandLine, client: iRODSSession, tree: str) -> None:
    assert run(command, "add", "--mount", "m", f"{tree}/f*.txt", "a", "b")[0] == 0
    assert avus_of(client, f"{tree}/f2.txt") == [("a", "b", "")]
    assert avus_of(client, f"{tree}/it's") == []
    assert run(command, "set", "--mount", "m", "-r", tree, "deep", "1") == (0, "6 set of 6 of 6\n", "")
    listed = [
        json.loads(line)
        for line in run(command, "ls", "--mount", "m", "-r", tree, "--format", "ndjson")[1].splitlines()
    ]
    assert {each["path"] for each in listed if each["attribute"] == "deep"} == {
        tree, f"{tree}/sub", f"{tree}/f1.txt", f"{tree}/f2.txt", f"{tree}/it's", f"{tree}/sub/f3.txt",
    }  # fmt: skip


def test_set_makes_values_the_only_ones(command: CommandLine, client: iRODSSession, tree: str) -> None:
    entry = client.data_objects.get(f"{tree}/f1.txt")
    for avu in (("k", "1", ""), ("k", "2", "u"), ("p%", "1", ""), ("p_", "1", ""), ("other", "x", "")):
        entry.metadata.add(*avu[: 3 if avu[2] else 2])
    assert run(command, "set", "--mount", "m", f"{tree}/f1.txt", "k", "3", "v")[0] == 0
    assert run(command, "set", "--mount", "m", f"{tree}/f1.txt", "p%", "2")[0] == 0
    assert run(command, "set", "--mount", "m", "--avu", "other=y", "--avu", "other=z", f"{tree}/f1.txt")[0] == 0
    expected = [("k", "3", "v"), ("other", "y", ""), ("other", "z", ""), ("p%", "2", ""), ("p_", "1", "")]
    assert avus_of(client, f"{tree}/f1.txt") == expected


def test_what_changes_nothing_and_what_is_missing_are_failures(command: CommandLine, tree: str) -> None:
    path = f"{tree}/f1.txt"
    assert run(command, "add", "--mount", "m", path, "a", "b") == (0, "", "")
    status, _, told = run(command, "add", "--mount", "m", path, "a", "b")
    assert (status, told) == (10, f"irodsfs: {path} has that metadata already.\n")
    status, _, told = run(command, "rm", "--mount", "m", path, "a", "c")
    assert (status, told) == (10, f"irodsfs: {path} has no such metadata.\n")
    status, _, told = run(command, "add", "--mount", "m", f"{tree}/missing", "a", "b")
    assert (status, "does not exist" in told) == (6, True)
    status, _, told = run(command, "add", "--mount", "m", path, "a", "v" * 3000)
    assert (status, "2700" in told) == (2, True)


@pytest.mark.administrator
def test_users_and_resources_have_metadata_too(command: CommandLine, client: iRODSSession) -> None:
    name = f"a{uuid.uuid4().hex[:8]}"
    resource_name = client.query(Resource.name).first()[Resource.name]
    for kind, whose in (("--user", client.username), ("--resource", resource_name)):
        assert run(command, "add", "--mount", "m", kind, whose, name, "value", "units") == (0, "", "")
        listed = json.loads(run(command, "ls", "--mount", "m", kind, whose, "-a", name, "--json")[1])
        key = kind.lstrip("-")
        assert listed == [{key: whose, "attribute": name, "value": "value", "units": "units"}]
        assert run(command, "rm", "--mount", "m", kind, whose, name) == (0, "", "")
    status, _, told = run(command, "add", "--mount", "m", "--user", "ghost", name, "value")
    assert (status, told) == (6, "irodsfs: ghost: the zone has no such user: check the name.\n")


def test_metadata_is_copied_moved_exported_and_imported(
    command: CommandLine, client: iRODSSession, tree: str, tmp_path: Path
) -> None:
    source = client.data_objects.get(f"{tree}/f1.txt")
    source.metadata["é"] = iRODSMeta("é", "line\nbreak", "u")
    source.metadata.add("k", "1")
    expected = avus_of(client, f"{tree}/f1.txt")
    assert run(command, "cp", "--mount", "m", f"{tree}/f1.txt", f"{tree}/f2.txt", f"{tree}/sub")[0] == 0
    assert run(command, "mv", "--mount", "m", f"{tree}/f1.txt", f"{tree}/sub/f3.txt")[0] == 0
    assert avus_of(client, f"{tree}/f1.txt") == []
    for form in ("json", "csv"):
        file = tmp_path / f"exported.{form}"
        status, written, told = run(command, "export", "--mount", "m", "-r", tree, "--format", form)
        assert (status, told) == (0, "")
        file.write_text(written, "utf-8")
        assert run(command, "rm", "--mount", "m", "--all", "-r", tree)[0] == 0
        assert avus_of(client, f"{tree}/sub") == []
        assert run(command, "import", "--mount", "m", file, tree)[0] == 0
        for path in (f"{tree}/f2.txt", f"{tree}/sub", f"{tree}/sub/f3.txt"):
            assert avus_of(client, path) == expected
    archive = json.loads((tmp_path / "exported.json").read_text("utf-8"))
    assert (archive["root_path"], archive["ibridges_metadata_version"]) == (tree, "1.0")
    broken = tmp_path / "broken"
    broken.write_text("{", "utf-8")
    assert "holds no exported metadata" in run(command, "import", "--mount", "m", broken, tree)[2]


def test_a_hundred_entries_are_changed_in_few_flights(command: CommandLine, client: iRODSSession, tree: str) -> None:
    for number in range(120):
        client.data_objects.create(f"{tree}/sub/n{number:03}")
    assert run(command, "add", "--mount", "m", f"{tree}/sub/n*", "a", "b")[1] == "120 added to 120 of 120\n"
    listed = run(command, "ls", "--mount", "m", f"{tree}/sub/n*", "--format", "csv")[1].splitlines()
    assert listed[0] == "path,attribute,value,units"
    assert len(listed) == 121
