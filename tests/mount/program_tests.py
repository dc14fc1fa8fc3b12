"""Programs and sizes that take minutes: `make program-tests`."""

from __future__ import annotations

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.mounts import Mount

pytestmark = pytest.mark.timeout(1800)

ENTRIES = 20_000
GIBIBYTE = 1 << 30


def run(*command: str | Path, cwd: Path) -> str:
    completed = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}
    )
    assert completed.returncode == 0, f"{command}: {completed.stdout}{completed.stderr}"
    return completed.stdout


@pytest.mark.parametrize("engine", ["sync", "psync", "pvsync2", "mmap", "posixaio", "io_uring"])
@pytest.mark.parametrize("pattern", ["write", "randwrite", "randrw"])
def test_fio_reads_back_what_it_wrote(mount: Mount, tmp_path: Path, engine: str, pattern: str) -> None:
    job = [f"--ioengine={engine}", f"--rw={pattern}", "--bsrange=1k-64k", "--size=16m", "--verify=crc32c"]
    run(
        "fio",
        "--name=job",
        f"--directory={mount.path}",
        "--verify_fatal=1",
        "--verify_state_save=0",
        *job,
        cwd=tmp_path,
    )


def test_fio_with_several_jobs_on_files_of_their_own(mount: Mount, tmp_path: Path) -> None:
    job = ["--numjobs=4", "--rw=randrw", "--bs=4k", "--size=4m", "--verify=crc32c", "--fsync=64", "--overwrite=1"]
    run(
        "fio",
        "--name=job",
        f"--directory={mount.path}",
        "--verify_fatal=1",
        "--verify_state_save=0",
        *job,
        cwd=tmp_path,
    )


def test_a_directory_of_very_many_entries(mount: Mount, session: iRODSSession, home: str) -> None:
    directory = mount.path / "many"
    directory.mkdir()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: (directory / f"entry {number:05}").touch(), range(ENTRIES)))
    expected = [f"entry {number:05}" for number in range(ENTRIES)]
    assert sorted(os.listdir(directory)) == expected
    assert len(run("ls", "-l", directory, cwd=mount.path).splitlines()) == ENTRIES + 1
    assert sorted(each.name for each in session.collections.get(f"{home}/many").data_objects) == expected
    os.rename(directory / expected[-1], directory / "renamed")
    seen = []
    with os.scandir(directory) as entries:
        for number, entry in enumerate(entries):
            seen.append(entry.name)
            if number % 100 == 0:
                os.unlink(entry.path)
    assert sorted(seen) == [*expected[:-1], "renamed"]
    assert len(os.listdir(directory)) == ENTRIES - ENTRIES // 100
    run("rm", "-r", directory, cwd=mount.path)
    assert os.listdir(mount.path) == []


def test_directories_hundreds_deep(mount: Mount, home: str) -> None:
    levels = (1000 - len(home)) // 2
    deepest = mount.path.joinpath(*["d"] * levels)
    deepest.mkdir(parents=True)
    (deepest / "f").write_text("content")
    assert levels > 400
    assert len(run("find", "d", cwd=mount.path).splitlines()) == levels + 1
    os.rename(mount.path / "d/d", mount.path / "e")
    assert mount.path.joinpath("e", *["d"] * (levels - 2), "f").read_text() == "content"
    run("rm", "-r", "e", "d", cwd=mount.path)


def test_five_gibibytes_are_read_and_changed_at_random(mount: Mount, session: iRODSSession, home: str) -> None:
    path, chooser = f"{home}/huge", random.Random(1)
    marks = {chooser.randrange(5 * GIBIBYTE - 8): os.urandom(8) for _ in range(200)}
    with session.data_objects.open(path, "w") as stream:
        stream.write(b"")
    session.data_objects.replica_truncate(path, 5 * GIBIBYTE)
    with session.data_objects.open(path, "r+") as stream:
        for offset, mark in marks.items():
            stream.seek(offset)
            stream.write(mark)
    file = mount.path / "huge"
    assert file.stat().st_size == 5 * GIBIBYTE
    with file.open("r+b", buffering=0) as opened:
        for offset, mark in marks.items():
            assert os.pread(opened.fileno(), 8, offset) == mark
        os.pwrite(opened.fileno(), b"changed", 4 * GIBIBYTE + 1)
        assert os.pread(opened.fileno(), 9, 4 * GIBIBYTE) == b"\0changed\0"
    with session.data_objects.open(path, "r") as stream:
        stream.seek(4 * GIBIBYTE + 1)
        assert stream.read(7) == b"changed"
    assert file.stat().st_size == 5 * GIBIBYTE
    os.truncate(file, 3 * GIBIBYTE)
    assert session.data_objects.get(path).size == 3 * GIBIBYTE
