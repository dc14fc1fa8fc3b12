"""Several machines append to one log through descriptors that stay open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from io import FileIO
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.mount.two_clients.machines import mounted
from tests.mounts import Mount
from tests.objects import get, put
from tests.rounds import ROUNDS, SECONDS
from tests.zones import AnyZone


@pytest.fixture(params=[False, True], ids=["written through", "written back"])
def machines(request: pytest.FixtureRequest, zone_server: AnyZone, home: str, tmp_path: Path) -> Iterator[list[Mount]]:
    options = ["--write-back"] if request.param else []
    with ExitStack() as stack:
        yield [stack.enter_context(mounted(zone_server, home, tmp_path / name, *options)) for name in "AB"]


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("synced", [True, False], ids=["synced", "closed"])
def test_appending_by_turns_loses_nothing(
    machines: list[Mount], session: iRODSSession, home: str, synced: bool
) -> None:
    """Through descriptors that stay open for all the time, or are duplicates that are closed in each turn."""
    put(session, f"{home}/log", b"begun by another client\n")
    expected = ["begun by another client"]
    with ExitStack() as stack:
        logs = [stack.enter_context(open(mount.path / "log", "ab", buffering=0)) for mount in machines]
        append_by_turns(logs, machines, session, f"{home}/log", expected, synced=synced)
    assert get(session, f"{home}/log").decode().splitlines() == expected


def append_by_turns(
    logs: list[FileIO], machines: list[Mount], session: iRODSSession, path: str, expected: list[str], *, synced: bool
) -> None:
    for turn in range(ROUNDS):
        line = f"line {turn} " + "x" * (turn % 7 * 100)
        expected.append(line)
        if turn % 3 == 2:
            with session.data_objects.open(path, "a") as stream:
                stream.write(f"{line}\n".encode())
            continue
        log = logs[turn % 2]
        log.write(f"{line}\n".encode())
        if synced:
            os.fsync(log.fileno())
        else:
            os.close(os.dup(log.fileno()))
            machines[turn % 2].written_back()


def test_what_is_appended_to_a_file_that_others_append_to_is_all_there(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"begun\n")
    expected = b"begun\n"
    with open(mount.path / "log", "ab", buffering=0) as log:
        for turn in range(4):
            with session.data_objects.open(f"{home}/log", "a") as theirs:
                theirs.write(b"theirs %d\n" % turn)
            log.write(b"mine %d\n" % turn)
            os.fsync(log.fileno())
            expected += b"theirs %d\nmine %d\n" % (turn, turn)
    assert get(session, f"{home}/log") == expected
