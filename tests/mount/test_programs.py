"""Programs that know nothing of the mount do their work on it: version control, databases, compilers, editors."""

from __future__ import annotations

import dbm
import os
import shelve
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mounts import Mount
from tests.objects import get

NAMES = ["plain", "with space", "quo'te", 'double"quote', "new\nline", "back\\slash", "é", "-dash", ".hidden", "100%"]


def run(*command: str | Path, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    completed = subprocess.run(
        command,
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(cwd.parent)},
    )
    assert not check or completed.returncode == 0, f"{command}: {completed.stdout}{completed.stderr}"
    return completed


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    return run("git", *identity, *arguments, cwd=cwd).stdout


def test_git_keeps_a_repository(mount: Mount) -> None:
    repository = mount.path / "repository"
    git("init", "--quiet", "--initial-branch", "main", str(repository), cwd=mount.path)
    (repository / "directory").mkdir()
    (repository / "file").write_text("one\n")
    (repository / "directory/file").write_text("below\n")
    git("add", ".", cwd=repository)
    git("commit", "--quiet", "--message", "first", cwd=repository)
    assert git("status", "--short", cwd=repository) == ""
    (repository / "file").write_text("two\n")
    assert git("status", "--short", cwd=repository) == " M file\n"
    git("commit", "--quiet", "--all", "--message", "second", cwd=repository)
    git("gc", "--quiet", cwd=repository)
    git("fsck", "--strict", cwd=repository)
    git("clone", "--quiet", str(repository), str(mount.path / "clone"), cwd=mount.path)
    assert git("log", "--format=%s", cwd=mount.path / "clone") == "second\nfirst\n"
    assert (mount.path / "clone/file").read_text() == "two\n"
    git("checkout", "--quiet", "HEAD~1", cwd=mount.path / "clone")
    assert (mount.path / "clone/file").read_text() == "one\n"
    git("fsck", "--strict", cwd=mount.path / "clone")


def test_sqlite_keeps_a_database(make_mount: MakeMount) -> None:
    first, second = make_mount(), make_mount()
    with closing(sqlite3.connect(first.path / "database", isolation_level=None)) as database:
        database.execute("CREATE TABLE t (number INTEGER PRIMARY KEY, text TEXT)")
        for start in range(0, 1000, 50):
            database.execute("BEGIN")
            database.executemany("INSERT INTO t VALUES (?, ?)", [(start + n, f"row {start + n}") for n in range(50)])
            database.execute("COMMIT")
        database.execute("BEGIN")
        database.execute("DELETE FROM t")
        database.execute("ROLLBACK")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA journal_mode = WAL").fetchall() == [("wal",)]
        database.execute("UPDATE t SET text = 'changed' WHERE number = 500")
    query = "SELECT count(*), sum(number) FROM t; SELECT text FROM t WHERE number = 500; PRAGMA integrity_check"
    assert run("sqlite3", "database", query, cwd=second.path).stdout == "1000|499500\nchanged\nok\n"


def test_tar_carries_names_of_all_kinds(mount: Mount, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in NAMES:
        (source / name / "below").mkdir(parents=True)
        (source / name / "below" / name).write_text(name)
    run("tar", "-C", source, "-czf", mount.path / "archive.tar.gz", ".", cwd=tmp_path)
    (mount.path / "extracted").mkdir()
    run("tar", "-xzf", "archive.tar.gz", "-C", "extracted", cwd=mount.path)
    run("diff", "-r", source, "extracted", cwd=mount.path)
    run("tar", "-C", "extracted", "-czf", tmp_path / "back.tar.gz", ".", cwd=mount.path)
    run("tar", "--compare", "-zf", tmp_path / "back.tar.gz", cwd=source)
    assert "uid" not in run("tar", "--compare", "-zf", "archive.tar.gz", cwd=mount.path, check=False).stderr


def test_rsync_carries_names_of_all_kinds_and_deletes(mount: Mount, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in NAMES:
        (source / name).mkdir(parents=True)
        (source / name / name).write_text(name)
    command = ["rsync", "-a", "--delete", "--itemize-changes", f"{source}/", "copy"]
    run(*command, cwd=mount.path)
    run("diff", "-r", source, "copy", cwd=mount.path)
    assert run(*command, cwd=mount.path).stdout == ""
    shutil.rmtree(source / "new\nline")
    run(*command, cwd=mount.path)
    run("diff", "-r", source, "copy", cwd=mount.path)
    for option in ("--inplace", "--append-verify", "--checksum", "--partial"):
        with (source / "plain/plain").open("a") as file:
            file.write(f"more for {option}")
        run("rsync", "-a", option, f"{source}/", "copy", cwd=mount.path)
        run("diff", "-r", source, "copy", cwd=mount.path)


def test_make_and_a_compiler_build_a_project(mount: Mount, tmp_path: Path) -> None:
    project = mount.path / "project"
    project.mkdir()
    (project / "three.h").write_text("int three(void);\n")
    (project / "three.c").write_text('#include "three.h"\nint three(void) { return 3; }\n')
    (project / "main.c").write_text('#include "three.h"\nint main(void) { return three(); }\n')
    (project / "Makefile").write_text(
        "program: main.o libthree.a\n\t$(CC) -o $@ $^\n"
        "libthree.a: three.o\n\t$(AR) rcs $@ $^\n"
        "%.o: %.c three.h\n\t$(CC) -c -o $@ $<\n"
    )
    run("make", cwd=project)
    shutil.copy(project / "program", tmp_path)
    (tmp_path / "program").chmod(0o755)
    assert run(tmp_path / "program", cwd=tmp_path, check=False).returncode == 3
    assert "up to date" in run("make", cwd=project).stdout
    (project / "three.c").write_text('#include "three.h"\nint three(void) { return 4; }\n')
    rebuilt = run("make", cwd=project).stdout
    assert "three.o" in rebuilt
    assert "main.o main.c" not in rebuilt
    run("make", "--always-make", "--jobs", "4", cwd=project)


def test_editors_save(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file.txt"
    file.write_text("one\ntwo\nthree\n")
    for settings in ("nowritebackup noswapfile", "backup backupcopy=no", "writebackup backupcopy=yes swapfile"):
        commands = [f"set nocp backupskip= {settings}", "%s/$/!/", "wq"]
        run(
            "vim",
            "-es",
            "-u",
            "NONE",
            *(part for command in commands for part in ("-c", command)),
            file,
            cwd=mount.path,
        )
    assert file.read_text() == "one!!!\ntwo!!!\nthree!!!\n"
    run("sed", "-i", "s/two/2/", file, cwd=mount.path)
    run("sed", "-i.orig", "s/three/3/", file, cwd=mount.path)
    run("perl", "-pi", "-e", "s/one/1/", file, cwd=mount.path)
    assert get(session, f"{home}/file.txt") == b"1!!!\n2!!!\n3!!!\n"
    assert sorted(os.listdir(mount.path)) == ["file.txt", "file.txt.orig", "file.txt~"]


def test_zip_archives(mount: Mount) -> None:
    with zipfile.ZipFile(mount.path / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"directory/{number}", os.urandom(1000))
    with zipfile.ZipFile(mount.path / "archive.zip", "a") as archive:
        archive.writestr("added", "later")
    with zipfile.ZipFile(mount.path / "archive.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(mount.path / "by python")
    run("unzip", "-q", "archive.zip", "-d", "by unzip", cwd=mount.path)
    run("diff", "-r", "by python", "by unzip", cwd=mount.path)
    assert len(os.listdir(mount.path / "by unzip/directory")) == 20


def test_key_value_files(mount: Mount) -> None:
    with shelve.open(str(mount.path / "shelf")) as shelf:  # noqa: S301 - of our own making
        for number in range(20):
            shelf[str(number)] = list(range(number))
    with shelve.open(str(mount.path / "shelf")) as shelf:  # noqa: S301 - of our own making
        assert len(shelf) == 20
        assert shelf["7"] == list(range(7))
    with dbm.open(str(mount.path / "keys"), "c") as keys:
        keys["name"] = "value"
    with dbm.open(str(mount.path / "keys"), "r") as keys:
        assert keys["name"] == b"value"


def test_python_moves_trees_about(mount: Mount, tmp_path: Path) -> None:
    (mount.path / "a/b").mkdir(parents=True)
    (mount.path / "a/b/file").write_text("content")
    shutil.copytree(mount.path / "a", mount.path / "copy")
    shutil.copytree(mount.path / "a", tmp_path / "out")
    shutil.move(mount.path / "copy", mount.path / "moved")
    shutil.move(tmp_path / "out", mount.path / "in")
    assert [path.read_text() for path in sorted(mount.path.rglob("file"))] == ["content"] * 3
    (mount.path / "a/b/file").replace(mount.path / "in/b/file")
    shutil.rmtree(mount.path / "moved")
    shutil.rmtree(mount.path / "a")
    assert sorted(str(path.relative_to(mount.path)) for path in mount.path.rglob("*")) == ["in", "in/b", "in/b/file"]


def test_arrays_are_mapped_into_memory(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "array"
    array = np.memmap(file, dtype="f8", mode="w+", shape=(1000, 1000))
    array[:] = np.arange(1000)
    array[500] = 7
    array.flush()
    del array
    changed = np.memmap(file, dtype="f8", mode="r+", shape=(1000, 1000))
    assert changed[499, 3] == 3
    changed[0] = -1
    changed.flush()
    del changed
    expected = np.tile(np.arange(1000.0), (1000, 1))
    expected[500], expected[0] = 7, -1
    assert get(session, f"{home}/array") == expected.tobytes()


def test_hdf5_files_are_written_changed_and_read(make_mount: MakeMount) -> None:
    first, second = make_mount(), make_mount()
    noise = np.random.default_rng(1).random((300, 100))
    with h5py.File(first.path / "data.h5", "w") as file:
        file["numbers"] = np.arange(1_000_000)
        file.create_dataset("group/noise", data=noise, chunks=(10, 10), compression="gzip")
    with h5py.File(first.path / "data.h5", "r+") as file:
        file["numbers"][10:20] = 0
        file["group"].attrs["unit"] = "m"
        del file["group/noise"]
        file["group/noise"] = noise * 2
    with h5py.File(second.path / "data.h5", "r") as file:
        assert file["numbers"][9:21].tolist() == [9, *[0] * 10, 20]
        assert np.array_equal(file["group/noise"], noise * 2)
        assert file["group"].attrs["unit"] == "m"


def test_dd_patches_at_offsets(mount: Mount, session: iRODSSession, home: str, tmp_path: Path) -> None:
    content = bytearray(os.urandom(6_000_000))
    (mount.path / "file").write_bytes(content)
    (tmp_path / "patch").write_bytes(os.urandom(8192))
    for block in (0, 7, 1000, 1464):
        options = [f"if={tmp_path / 'patch'}", "of=file", "bs=4096", "count=2", f"seek={block}", "conv=notrunc"]
        run("dd", *options, cwd=mount.path)
        end = block * 4096 + 8192
        content[end - 8192 : end] = (tmp_path / "patch").read_bytes()
    assert get(session, f"{home}/file") == content
    run("dd", f"if={tmp_path / 'patch'}", "of=file", "oflag=append", "conv=notrunc", "bs=1k", cwd=mount.path)
    assert get(session, f"{home}/file") == content + (tmp_path / "patch").read_bytes()


@pytest.mark.parametrize("option", ["--sparse=always", "--sparse=never", "--reflink=auto", "--preserve=all"])
def test_cp_copies_files_with_holes(mount: Mount, option: str) -> None:
    run("truncate", "-s", "5M", "holes", cwd=mount.path)
    with (mount.path / "holes").open("r+b") as file:
        file.seek(3_000_000)
        file.write(b"between holes")
    run("cp", option, "holes", "copy", cwd=mount.path)
    run("cmp", "holes", "copy", cwd=mount.path)
    run("truncate", "-s", "-1M", "copy", cwd=mount.path)
    assert (mount.path / "copy").stat().st_size == 4 << 20


def test_locks_hold_among_programs_on_the_mount(mount: Mount) -> None:
    (mount.path / "lock").touch()
    script = "flock --nonblock lock true; echo inner $?"
    assert run("flock", "lock", "sh", "-c", script, cwd=mount.path).stdout == "inner 1\n"
    assert run("flock", "--nonblock", "lock", "echo", "free", cwd=mount.path).stdout == "free\n"
