"""`query`: GenQuery1 as iquest takes it, GenQuery2, specific queries, through a mount and in a session."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest
from irods.session import iRODSSession

from tests.actions.conftest import CommandLine
from tests.objects import put


@pytest.fixture(scope="module")
def objects(client: iRODSSession, root: str) -> str:
    """A collection with three objects: a.txt (1 byte), b.txt (20), `c d` (300)."""
    for name, size in (("a.txt", 1), ("b.txt", 20), ("c d", 300)):
        put(client, f"{root}/{name}", bytes(size))
    return root


def lines(command: CommandLine, *arguments: str) -> list[str]:
    done = command.both("query", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def test_genquery1_is_answered_with_headings_and_aligned_columns(command: CommandLine, objects: str) -> None:
    text = f"select DATA_NAME, DATA_SIZE where COLL_NAME = '{objects}' and DATA_SIZE < 100"
    assert lines(command, text) == ["DATA_NAME  DATA_SIZE", "a.txt              1", "b.txt             20"]
    assert lines(command, text, "--no-headings") == ["a.txt   1", "b.txt  20"]


def test_the_aggregate_of_the_guide_runs_as_it_is_printed(
    command: CommandLine, objects: str, client: iRODSSession
) -> None:
    found = json.loads(command.both("query", "select max(DATA_SIZE), DATA_OWNER_ZONE", "--json").stdout)
    mine = [each for each in found if each["DATA_OWNER_ZONE"] == client.zone]
    assert len(mine) == 1
    assert int(mine[0]["MAX(DATA_SIZE)"]) >= 300


@pytest.mark.parametrize(
    ("clauses", "names"),
    [
        ("and DATA_NAME like '%.txt'", ["a.txt", "b.txt"]),
        ("and DATA_NAME = 'a.txt' || = 'c d'", ["a.txt", "c d"]),
        ("and DATA_SIZE between 10 and 400", ["b.txt", "c d"]),
        ("and DATA_NAME not in ('a.txt', 'b.txt')", ["c d"]),
        # Those need GenQuery2.
        ("and (DATA_NAME = 'a.txt' or DATA_SIZE > 100) order by DATA_NAME", ["a.txt", "c d"]),
        ("and DATA_SIZE > 1 order by DATA_NAME desc limit 1", ["c d"]),
    ],
)
def test_what_a_query_uses_decides_who_answers(
    command: CommandLine, objects: str, clauses: str, names: list[str]
) -> None:
    text = f"select DATA_NAME where COLL_NAME = '{objects}' {clauses}"
    assert sorted(lines(command, text, "--format", "tsv", "--no-headings")) == names


def test_formats_hold_the_same_rows(command: CommandLine, objects: str) -> None:
    text = f"select DATA_NAME, DATA_SIZE where COLL_NAME = '{objects}' and DATA_NAME like 'c%'"
    row = {"DATA_NAME": "c d", "DATA_SIZE": "300"}
    assert lines(command, text, "--format", "tsv") == ["DATA_NAME\tDATA_SIZE", "c d\t300"]
    written = command.both("query", text, "--format", "csv").stdout.decode()
    assert list(csv.DictReader(io.StringIO(written))) == [row]
    assert json.loads(command.both("query", text, "--format", "json").stdout) == [row]
    assert [json.loads(line) for line in lines(command, text, "--format", "ndjson")] == [row]
    assert lines(command, "%s has %s bytes", text) == ["c d has 300 bytes"]
    assert lines(command, "%s\\t%s", text) == ["c d\t300"]


def test_times_are_dates_for_people_and_as_they_are_for_programs(command: CommandLine, objects: str) -> None:
    text = f"select DATA_MODIFY_TIME where COLL_NAME = '{objects}' and DATA_NAME = 'a.txt'"
    (raw,) = json.loads(command.both("query", text, "--json").stdout)
    seconds = int(raw["DATA_MODIFY_TIME"])
    expected = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    assert lines(command, text) == ["DATA_MODIFY_TIME", expected]


def test_equal_rows_are_shown_as_often_as_there_are_when_wanted(command: CommandLine, objects: str) -> None:
    text = f"select COLL_NAME where COLL_NAME = '{objects}' and DATA_SIZE > 0"
    assert lines(command, text, "--no-headings") == [objects]
    for wanted in (("--no-distinct", text), ("no-distinct", text), (text.replace("select", "select no-distinct"),)):
        assert lines(command, *wanted, "--no-headings") == [objects] * 3
    second = f"{text.replace('select', 'select distinct')} order by COLL_NAME"
    assert lines(command, second, "--no-headings") == [objects]
    assert lines(command, second, "--no-headings", "--no-distinct") == [objects] * 3


def test_nothing_found_is_no_failure(command: CommandLine, objects: str) -> None:
    text = f"select DATA_NAME where COLL_NAME = '{objects}/missing'"
    assert lines(command, text) == []
    assert json.loads(command.both("query", text, "--json").stdout) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select DATA_NAMES", "'DATA_NAMES' is not a column; alike are DATA_NAME"),
        ("select DATA_SIZES order by DATA_SIZES", "'DATA_SIZES' is not a column; alike are DATA_SIZE"),
        ("select DATA_NAME where", "takes no query that ends there"),
        ("select DATA_NAME where DATA_NAME", "takes no query that ends there, and GenQuery2 can't run it"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_meant(command: CommandLine, text: str, told: str) -> None:
    done = command.both("query", text)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_specific_queries_are_run_with_their_arguments(
    command: CommandLine, objects: str, client: iRODSSession
) -> None:
    found = json.loads(command.both("query", "--specific", "ShowCollAcls", objects, "--json").stdout)
    assert [found[0][f"column_{number}"] for number in (1, 2, 3)] == [client.username, client.zone, "own"]
    missing = command.both("query", "--specific", "no-such-query")
    assert missing.returncode == 6
    assert b"no specific query no-such-query" in missing.stderr
    assert command.both("query", "--specific", "ShowCollAcls").returncode == 2


def test_columns_are_listed_and_the_statement_is_shown(command: CommandLine) -> None:
    listed = {line.split()[0]: line for line in lines(command, "--columns")}
    assert "genquery1, genquery2" in listed["DATA_NAME"]
    assert "genquery2" not in listed["DATA_OWNER_ZONE"] or "genquery1" in listed["DATA_OWNER_ZONE"]
    (statement, *_) = lines(command, "--sql", "select DATA_NAME where DATA_SIZE > 5")
    assert statement.lower().startswith("select")


def test_a_zone_that_the_server_does_not_know_is_named(command: CommandLine) -> None:
    done = command.both("query", "-z", "noZone", "select DATA_NAME")
    assert done.returncode == 6
    assert b"the server knows no zone noZone" in done.stderr
