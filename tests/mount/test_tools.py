"""The tools that people use on directories work on a mount, and end with the status that they have elsewhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.mounts import Mount


def run(*command: str | Path, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    completed = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, timeout=60, env=os.environ | {"LC_ALL": "C"}
    )
    assert not check or completed.returncode == 0, f"{command}: {completed.stderr}"
    return completed


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("bash", "-c", script, cwd=cwd, check=False)


def content_in_zone(session: iRODSSession, path: str) -> bytes:
    with session.data_objects.open(path, "r") as stream:
        content: bytes = stream.read()
    return content


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A local directory tree with empty and larger files, and an empty directory."""
    root = tmp_path / "tree"
    (root / "a/b/c").mkdir(parents=True)
    (root / "empty directory").mkdir()
    (root / "empty").touch()
    (root / "one").write_text("first line\nneedle\n")
    (root / "a/two").write_bytes(bytes(range(256)) * 300)
    (root / "a/b/three").write_text("another needle\n")
    (root / "a/b/c/four").write_bytes(b"\0" * 100_001)
    return root


def test_cp_copies_a_tree_in_and_out(mount: Mount, tree: Path, tmp_path: Path) -> None:
    run("cp", "-r", tree, mount.path)
    run("diff", "-r", tree, mount.path / "tree")
    run("cp", "-r", mount.path / "tree", tmp_path / "back")
    run("diff", "-r", tree, tmp_path / "back")


def test_cp_of_a_tree_is_seen_by_another_client(mount: Mount, tree: Path, session: iRODSSession, home: str) -> None:
    run("cp", "-r", tree, mount.path)
    assert content_in_zone(session, f"{home}/tree/a/two") == (tree / "a/two").read_bytes()
    assert content_in_zone(session, f"{home}/tree/empty") == b""
    assert {each.name for each in session.collections.get(f"{home}/tree").subcollections} == {"a", "empty directory"}


def test_cp_a_keeps_modify_times(mount: Mount, tree: Path) -> None:
    os.utime(tree / "one", ns=(1_234_567_890_123_456_789,) * 2)
    run("cp", "-a", tree, mount.path)
    assert (mount.path / "tree/one").stat().st_mtime_ns // 10**9 == 1_234_567_890


def test_cp_overwrites_with_longer_and_shorter_content(mount: Mount, tmp_path: Path) -> None:
    target = mount.path / "file"
    for content in (b"first", b"second and longer", b"3rd", b""):
        (tmp_path / "source").write_bytes(content)
        run("cp", tmp_path / "source", target)
        assert target.read_bytes() == content


def test_mv_renames_files_and_directories(mount: Mount, tree: Path, session: iRODSSession, home: str) -> None:
    run("cp", "-r", tree, mount.path)
    inside = mount.path / "tree"
    run("mv", inside / "one", inside / "uno")
    run("mv", inside / "a", inside / "empty directory")
    assert sorted(os.listdir(inside)) == ["empty", "empty directory", "uno"]
    assert (inside / "empty directory/a/b/three").read_text() == "another needle\n"
    assert content_in_zone(session, f"{home}/tree/empty directory/a/b/three") == b"another needle\n"
    assert not (inside / "one").exists()


def test_mv_replaces_an_existing_file(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "new").write_text("new")
    (mount.path / "old").write_text("old content")
    run("mv", mount.path / "new", mount.path / "old")
    assert os.listdir(mount.path) == ["old"]
    assert (mount.path / "old").read_text() == "new"
    assert [each.name for each in session.collections.get(home).data_objects] == ["old"]
    assert content_in_zone(session, f"{home}/old") == b"new"


def test_mv_replaces_a_file_in_another_directory(mount: Mount) -> None:
    (mount.path / "a").mkdir()
    (mount.path / "b").mkdir()
    (mount.path / "a/name").write_text("from a")
    (mount.path / "b/name").write_text("from b")
    run("mv", mount.path / "a/name", mount.path / "b")
    assert os.listdir(mount.path / "a") == []
    assert (mount.path / "b/name").read_text() == "from a"


def test_mv_moves_in_from_and_out_to_another_file_system(mount: Mount, tree: Path, tmp_path: Path) -> None:
    run("cp", "-r", tree, tmp_path / "copy")
    run("mv", tree, mount.path / "moved")
    run("diff", "-r", tmp_path / "copy", mount.path / "moved")
    run("mv", mount.path / "moved", tmp_path / "back")
    run("diff", "-r", tmp_path / "copy", tmp_path / "back")
    assert os.listdir(mount.path) == []


def test_a_directory_replaces_an_empty_one_and_no_other(mount: Mount) -> None:
    for name in ("source", "empty", "full"):
        (mount.path / name).mkdir()
    (mount.path / "source/file").write_text("content")
    (mount.path / "full/file").touch()
    with pytest.raises(OSError, match="Directory not empty"):
        os.rename(mount.path / "source", mount.path / "full")
    os.rename(mount.path / "source", mount.path / "empty")
    assert (mount.path / "empty/file").read_text() == "content"
    assert sorted(os.listdir(mount.path)) == ["empty", "full"]


def test_renames_that_posix_refuses(mount: Mount) -> None:
    (mount.path / "directory/below").mkdir(parents=True)
    (mount.path / "file").touch()
    with pytest.raises(NotADirectoryError):
        os.rename(mount.path / "directory", mount.path / "file")
    with pytest.raises(IsADirectoryError):
        os.rename(mount.path / "file", mount.path / "directory")
    with pytest.raises(FileNotFoundError):
        os.rename(mount.path / "missing", mount.path / "other")
    with pytest.raises(OSError, match="Invalid argument"):
        os.rename(mount.path / "directory", mount.path / "directory/below/inside")
    assert sorted(os.listdir(mount.path)) == ["directory", "file"]


def test_mv_without_clobbering_keeps_what_is_there(mount: Mount) -> None:
    (mount.path / "new").write_text("new")
    (mount.path / "old").write_text("old")
    run("mv", "-n", mount.path / "new", mount.path / "old", check=False)
    assert (mount.path / "old").read_text() == "old"
    assert (mount.path / "new").read_text() == "new"


def test_rm_removes_a_tree(mount: Mount, tree: Path, session: iRODSSession, home: str) -> None:
    run("cp", "-r", tree, mount.path)
    run("rm", "-r", mount.path / "tree")
    assert os.listdir(mount.path) == []
    assert not session.collections.exists(f"{home}/tree")


def test_mkdir_p_makes_what_is_missing_and_accepts_what_is_there(mount: Mount) -> None:
    run("mkdir", "-p", mount.path / "a/b/c/d")
    run("mkdir", "-p", mount.path / "a/b/c/d")
    assert (mount.path / "a/b/c/d").is_dir()
    assert "File exists" in run("mkdir", mount.path / "a", check=False).stderr


def test_tools_that_look_at_a_tree(mount: Mount, tree: Path) -> None:
    run("cp", "-r", tree, mount.path)
    there = mount.path / "tree"
    assert run("cat", "one", "a/b/three", cwd=there).stdout == "first line\nneedle\nanother needle\n"
    assert sorted(run("grep", "-r", "needle", cwd=there).stdout.splitlines()) == [
        "a/b/three:another needle",
        "one:needle",
    ]
    for arguments in (["."], [".", "-type", "f", "-size", "+10k"], [".", "-empty"]):
        found = [sorted(run("find", *arguments, cwd=root).stdout.splitlines()) for root in (tree, there)]
        assert found[0] == found[1]
    assert run("du", "-sb", "--apparent-size", "a/two", cwd=there).stdout.split()[0] == "76800"
    assert run("wc", "-c", "a/b/c/four", cwd=there).stdout.split()[0] == "100001"
    expected = hashlib.sha256((tree / "a/two").read_bytes()).hexdigest()
    assert run("sha256sum", "a/two", cwd=there).stdout.split()[0] == expected


def test_df_shows_room(mount: Mount) -> None:
    line = run("df", "--output=size,avail,fstype", mount.path).stdout.splitlines()[1].split()
    assert int(line[0]) > 10**9
    assert int(line[1]) > 10**9
    assert line[2] == "fuse.irodsfs"
    inodes = run("df", "--output=itotal,iavail", mount.path).stdout.splitlines()[1].split()
    assert min(map(int, inodes)) > 10**6


def test_statfs_names_the_longest_name(mount: Mount) -> None:
    assert os.statvfs(mount.path).f_namemax == 255


def test_tar_creates_and_extracts(mount: Mount, tree: Path, tmp_path: Path) -> None:
    run("cp", "-r", tree, mount.path)
    run("tar", "-cf", mount.path / "tree.tar", "-C", mount.path, "tree")
    with tarfile.open(mount.path / "tree.tar") as archive:
        assert "tree/a/b/three" in archive.getnames()
    (mount.path / "extracted").mkdir()
    run("tar", "-xf", mount.path / "tree.tar", "-C", mount.path / "extracted")
    run("diff", "-r", tree, mount.path / "extracted/tree")
    run("tar", "--compare", "-f", mount.path / "tree.tar", "-C", mount.path / "extracted")


def test_touch_creates_and_dates_files(mount: Mount, session: iRODSSession, home: str) -> None:
    run("touch", mount.path / "file")
    assert (mount.path / "file").stat().st_size == 0
    run("touch", "-d", "2001-02-03T04:05:06.789Z", mount.path / "file")
    assert (mount.path / "file").stat().st_mtime_ns == 981_173_106_789_000_000
    assert session.data_objects.get(f"{home}/file").modify_time.timestamp() == 981_173_106
    run("touch", "-c", mount.path / "missing")
    assert not (mount.path / "missing").exists()


@pytest.mark.parametrize(("date", "kept"), [("1931-05-06Z", 1), ("2100-05-06Z", 2**31 - 1)])
def test_times_that_a_zone_cannot_keep_are_kept_as_near_as_it_can(
    mount: Mount, session: iRODSSession, home: str, date: str, kept: int
) -> None:
    run("touch", "-d", date, mount.path / "new")
    (mount.path / "existing").write_text("content")
    run("touch", "-d", date, mount.path / "existing")
    with (mount.path / "written").open("w") as file:
        file.write("content")
        file.flush()
        run("touch", "-d", date, mount.path / "written")
    for name in ("new", "existing", "written"):
        assert session.data_objects.get(f"{home}/{name}").modify_time.timestamp() == kept


def test_touch_dates_a_directory(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "directory").mkdir()
    run("touch", "-d", "@1000000000", mount.path / "directory")
    assert (mount.path / "directory").stat().st_mtime == 1_000_000_000
    assert session.collections.get(f"{home}/directory").modify_time.timestamp() == 1_000_000_000


def test_shell_appends(mount: Mount, session: iRODSSession, home: str) -> None:
    script = "for i in 1 2 3 4 5; do echo line $i >> log; done; printf tail >> log"
    assert shell(script, mount.path).returncode == 0
    expected = "".join(f"line {number}\n" for number in range(1, 6)) + "tail"
    assert (mount.path / "log").read_text() == expected
    assert content_in_zone(session, f"{home}/log") == expected.encode()


def test_dd_writes_at_offsets_and_leaves_the_rest(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "file").write_bytes(b"a" * 10_000)
    command = (
        "printf XYZ | dd of=file bs=1 seek=5000 conv=notrunc && printf end | dd of=file bs=1 seek=12000 conv=notrunc"
    )
    assert shell(command, mount.path).returncode == 0
    expected = bytearray(b"a" * 10_000 + bytes(2000) + b"end")
    expected[5000:5003] = b"XYZ"
    assert (mount.path / "file").read_bytes() == expected
    assert content_in_zone(session, f"{home}/file") == expected
    assert shell("dd if=/dev/zero of=file bs=100 count=1", mount.path).returncode == 0
    assert (mount.path / "file").read_bytes() == bytes(100)


def test_truncate_cuts_and_extends(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "file").write_bytes(b"0123456789")
    for size, expected in (("4", b"0123"), ("8", b"0123\0\0\0\0"), ("0", b""), ("3", bytes(3))):
        run("truncate", "-s", size, mount.path / "file")
        assert (mount.path / "file").read_bytes() == expected
        assert content_in_zone(session, f"{home}/file") == expected
    run("truncate", "-s", "5", mount.path / "new")
    assert (mount.path / "new").read_bytes() == bytes(5)


def test_exit_statuses_and_messages_are_those_of_other_file_systems(mount: Mount) -> None:
    (mount.path / "full").mkdir()
    (mount.path / "full/file").touch()
    for command, message in (
        ("rmdir full", "Directory not empty"),
        ("rmdir full/file", "Not a directory"),
        ("rm full", "Is a directory"),
        ("unlink full", "Is a directory"),
        ("rmdir missing", "No such file or directory"),
        ("rm missing", "No such file or directory"),
        ("cat missing", "No such file or directory"),
        ("cat full", "Is a directory"),
        ("ls missing", "No such file or directory"),
        ("ls full/file/below", "Not a directory"),
        ("mkdir missing/directory", "No such file or directory"),
        ("mkdir full", "File exists"),
        ("echo > full", "Is a directory"),
        ("echo > missing/file", "No such file or directory"),
        ("ln full/file link", "Operation not permitted"),
        ("ln -s full/file link", "Operation not permitted"),
        ("mkfifo pipe", "Operation not permitted"),
        ("mknod device c 1 3", "Operation not permitted"),
    ):
        completed = shell(command, mount.path)
        assert completed.returncode != 0, command
        assert message in completed.stderr, command


def test_rm_f_of_what_is_missing_succeeds(mount: Mount) -> None:
    run("rm", "-f", mount.path / "missing")


def test_chmod_and_chown_are_accepted_without_effect(mount: Mount) -> None:
    (mount.path / "file").touch()
    before = (mount.path / "file").stat()
    run("chmod", "600", mount.path / "file")
    run("chown", "0:0", mount.path / "file")
    assert (mount.path / "file").stat().st_mode == before.st_mode


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_mv_to_a_name_that_the_old_directory_has_too(mount: Mount, kind: str) -> None:
    (mount.path / "new").mkdir()
    (mount.path / "taken").write_text("in the way of a server that renames first and moves then")
    if kind == "file":
        (mount.path / "source").write_text("content")
    else:
        (mount.path / "source/below").mkdir(parents=True)
    run("mv", mount.path / "source", mount.path / "new/taken")
    assert sorted(os.listdir(mount.path)) == ["new", "taken"]
    assert os.listdir(mount.path / "new") == ["taken"]
    assert (mount.path / "taken").is_file()
    if kind == "file":
        assert (mount.path / "new/taken").read_text() == "content"
    else:
        assert os.listdir(mount.path / "new/taken") == ["below"]


def test_mv_over_a_file_whose_name_the_old_directory_has_too(mount: Mount) -> None:
    (mount.path / "new").mkdir()
    (mount.path / "taken").write_text("stays")
    (mount.path / "source").write_text("moved")
    (mount.path / "new/taken").write_text("replaced")
    run("mv", mount.path / "source", mount.path / "new/taken")
    assert (mount.path / "taken").read_text() == "stays"
    assert (mount.path / "new/taken").read_text() == "moved"
    assert sorted(os.listdir(mount.path)) == ["new", "taken"]
