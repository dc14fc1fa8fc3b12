"""The tests themselves run on any zone that IRODSFS_TEST_ENVIRONMENT names, as any user, and leave nothing there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.models import TicketQuery

from tests.zones import AnyZone

pytestmark = pytest.mark.timeout(400)

ROOT = Path(__file__).parents[1]
FAST = [
    "tests/mount/test_times.py::test_a_time_that_was_set_is_exact_here_and_kept_to_the_second_there",
    "tests/mount/test_mounting.py::test_owner_and_permission_bits_can_be_chosen",
    "tests/mount/test_mounting.py::test_chmod_and_chown_fail_where_strictness_is_wanted",
    "tests/mount/test_mounting.py::test_permissions_of_groups_count",
    "tests/mount/test_checksums.py::test_the_zone_finds_damage_when_asked_to_verify",
    "tests/mount/test_faults.py::test_a_listing_that_is_cut_off_is_asked_for_again",
    "tests/grid/test_flight.py",
    "tests/control/test_tickets.py",
]
LEAVING = """
import os
from irods.ticket import Ticket
from tests.objects import put

def test_that_fails(session, home):
    put(session, f"{home}/file", b"content")
    put(session, f"{home}/removed", b"content")
    session.data_objects.unlink(f"{home}/removed")
    for path in (home, f"{home}/file"):
        Ticket(session).issue("read", path)
    assert not home

def test_that_ends_its_process_in_the_middle_of_something(session, home):
    stream = session.data_objects.open(f"{home}/file", "w")
    stream.raw.write(b"content")
    os._exit(1)
"""


@contextmanager
def served(directory: Path, *arguments: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.other_zone", directory, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a zone served by another process has left the environment files of its users."""
    directory = tmp_path_factory.mktemp("other-zone")
    with served(directory):
        yield directory


def environment_of(directory: Path, user: str) -> Path:
    return directory / f"irods-{user}" / "irods_environment.json"


def run(environment_file: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest on the zone of an environment file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IRODS", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=kept | {"IRODSFS_TEST_ENVIRONMENT": str(environment_file)} | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def left(environment_file: Path, directory: Path) -> list[str]:
    """What is in the home and the trash of the zone's user, and the tickets."""
    zone = AnyZone.of_environment(environment_file, directory)
    with zone.session() as session:
        collections = [session.collections.get(path) for path in (zone.home, zone.trash)]
        tickets = [row[TicketQuery.Ticket.string] for row in session.query(TicketQuery.Ticket.string)]
        return tickets + [each.path for top in collections for each in (*top.subcollections, *top.data_objects)]


def numbers(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """How many tests had which end, as the last lines of pytest tell."""
    counted = re.findall(r"(\d+) (passed|failed|errors?|tests need [\w ]+): deselected", done.stdout)
    counted += re.findall(r"(\d+) (passed|failed|errors?)\b", done.stdout.splitlines()[-1])
    return {kind: int(number) for number, kind in counted}


@pytest.mark.parametrize("workers", [[], ["--numprocesses", "2"]], ids=["one process", "two workers"])
def test_an_ordinary_users_zone_runs_what_it_can_and_is_as_before(
    directory: Path, tmp_path: Path, workers: list[str]
) -> None:
    environment_file = environment_of(directory, "alice")
    done = run(environment_file, *workers, *FAST)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = numbers(done)
    assert counted.pop("passed") > 20
    assert counted == {"tests need the embedded zone": 1, "tests need an administrator of the zone": 1}
    assert left(environment_file, tmp_path) == [], done.stdout + done.stderr


def test_an_administrators_zone_runs_more(directory: Path, tmp_path: Path) -> None:
    environment_file = environment_of(directory, "ada")
    (directory / "without password").mkdir()
    copy = directory / "without password" / environment_file.name
    copy.write_bytes(environment_file.read_bytes())
    password = AnyZone.of_environment(environment_file, tmp_path).password
    done = run(copy, *FAST[:5], IRODSFS_PASSWORD=password)
    assert numbers(done) == {"passed": 4, "tests need the embedded zone": 1}, done.stdout + done.stderr
    assert left(environment_file, tmp_path) == [], done.stdout + done.stderr


def test_what_reads_the_line_is_left_out_where_it_is_encrypted(tmp_path: Path) -> None:
    with served(tmp_path, "CS_NEG_REQUIRE"):
        environment_file = environment_of(tmp_path, "alice")
        done = run(environment_file, *FAST[:6])
        assert numbers(done) == {
            "passed": 3,
            "tests need the embedded zone": 1,
            "tests need an administrator of the zone": 1,
            "tests need a line without TLS": 1,
        }, done.stdout + done.stderr
        assert left(environment_file, tmp_path) == [], done.stdout + done.stderr


def test_what_failing_tests_and_lost_workers_leave_is_removed(directory: Path, tmp_path: Path) -> None:
    test = tmp_path / "test_leaving.py"
    test.write_text(LEAVING)
    environment_file = environment_of(directory, "alice")
    options = ["-p", "tests.conftest", "--config-file", ROOT / "pyproject.toml", "--rootdir", tmp_path]
    done = run(environment_file, *options, "--numprocesses", "1", test)
    assert "2 failed" in done.stdout, done.stdout + done.stderr
    assert left(environment_file, tmp_path) == [], done.stdout + done.stderr


def test_an_environment_that_can_not_be_used_is_told_at_once(directory: Path, tmp_path: Path) -> None:
    missing = run(tmp_path / "missing.json", *FAST)
    wrong = run(environment_of(directory, "alice"), *FAST, IRODSFS_PASSWORD="wrong")
    for done, said in ((missing, "No such file"), (wrong, "CAT_INVALID_AUTHENTICATION")):
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        (told,) = (line for line in done.stdout.splitlines() if "IRODSFS_TEST_ENVIRONMENT=" in line)
        assert said in told
