"""Jobs on two machines that share a mounted collection, as a workflow manager starts them, and their log."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.mount.two_clients.machines import mounted
from tests.mounts import Mount
from tests.objects import get, put
from tests.rounds import ROUNDS, SECONDS
from tests.zones import AnyZone

JOBS = ROUNDS
AT_A_TIME = 2
"""Jobs on each machine."""

JOB = """set -eu -o pipefail
mkdir -p results/group$GROUP logs/machine$MACHINE
mkdir -p results/group$GROUP/parts$JOB
echo "part of $JOB" > results/group$GROUP/parts$JOB/part
cat results/group$GROUP/parts$JOB/part > results/group$GROUP/.result$JOB.tmp
echo "result of $JOB" >> results/group$GROUP/.result$JOB.tmp
mv results/group$GROUP/.result$JOB.tmp results/group$GROUP/result$JOB
ls results/group$GROUP | grep -qx result$JOB
test "$(wc -l < results/group$GROUP/result$JOB)" = 2
echo "newest is $JOB" > results/group$GROUP/.newest$JOB.tmp
mv results/group$GROUP/.newest$JOB.tmp results/group$GROUP/newest
touch logs/started
echo "job $JOB" >> logs/machine$MACHINE/log
until mkdir logs/lock 2> /dev/null; do sleep 0.05; done
echo "job $JOB" >> logs/all
rmdir logs/lock
rm -r results/group$GROUP/parts$JOB
"""


@pytest.fixture(params=[False, True], ids=["written through", "written back"])
def machines(request: pytest.FixtureRequest, zone_server: AnyZone, home: str, tmp_path: Path) -> Iterator[list[Mount]]:
    options = ["--write-back"] if request.param else []
    with ExitStack() as stack:
        yield [stack.enter_context(mounted(zone_server, home, tmp_path / name, *options)) for name in "AB"]


def run(script: str, mount: Mount, **variables: object) -> None:
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=mount.path,
        env=os.environ | {name: str(value) for name, value in variables.items()},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{variables}: {done.stderr}"


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("machines", [False], ids=["written through"], indirect=True)
def test_a_job_array_on_two_machines_runs_without_a_failure(
    machines: list[Mount], session: iRODSSession, home: str
) -> None:
    with ThreadPoolExecutor(AT_A_TIME) as first, ThreadPoolExecutor(AT_A_TIME) as second:
        running = [
            [first, second][job % 2].submit(run, JOB, machines[job % 2], JOB=job, MACHINE=job % 2, GROUP=job % 5)
            for job in range(JOBS)
        ]
        for job in running:
            job.result()
    lines = {f"job {job}" for job in range(JOBS)}
    together = get(session, f"{home}/logs/all").decode().splitlines()
    assert (len(together), set(together)) == (JOBS, lines)
    apart = [get(session, f"{home}/logs/machine{machine}/log").decode().splitlines() for machine in range(2)]
    assert sorted(apart[0] + apart[1]) == sorted(lines)
    for job in range(JOBS):
        assert get(session, f"{home}/results/group{job % 5}/result{job}") == b"part of %d\nresult of %d\n" % (job, job)
    for group in range(5):
        names = {each.name for each in session.collections.get(f"{home}/results/group{group}").data_objects}
        assert names == {"newest", *(f"result{job}" for job in range(group, JOBS, 5))}
        assert not session.collections.get(f"{home}/results/group{group}").subcollections


@pytest.mark.timeout(SECONDS)
def test_appending_by_turns_with_a_command_each_loses_nothing(
    machines: list[Mount], session: iRODSSession, home: str
) -> None:
    for turn in range(ROUNDS):
        run('echo "line $TURN" >> log', machines[turn % 2], TURN=turn)
        machines[turn % 2].written_back()
    assert get(session, f"{home}/log").decode().splitlines() == [f"line {turn}" for turn in range(ROUNDS)]


@pytest.mark.timeout(SECONDS)
def test_a_directory_is_a_lock_for_several_machines(machines: list[Mount], session: iRODSSession, home: str) -> None:
    """Each in its turn reads a number, adds one and writes it."""
    put(session, f"{home}/number", b"0\n")
    script = """set -eu
    for turn in $(seq $TURNS); do
        until mkdir lock 2> /dev/null; do sleep 0.05; done
        number=$(cat number)
        echo $((number + 1)) > number
        sync number
        rmdir lock
    done"""
    with ThreadPoolExecutor(2) as threads:
        for running in [threads.submit(run, script, mount, TURNS=ROUNDS) for mount in machines]:
            running.result()
    assert get(session, f"{home}/number") == b"%d\n" % (2 * ROUNDS)
