"""Times as `stat` shows them: exact within a mount, to the second in the zone, and without jumps between the two."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mounts import Mount

MOMENT = 1_234_567_890_123_456_789
LONG_AGO = 1_000_000_000


@pytest.fixture
def forgetful(make_mount: MakeMount) -> Mount:
    """A mount that asks the zone for everything again and again."""
    return make_mount("--cache-timeout", "0")


def seconds_in_zone(session: iRODSSession, path: str) -> float:
    modified: float = session.data_objects.get(path).modify_time.timestamp()
    return modified


def test_a_time_that_was_set_is_exact_here_and_kept_to_the_second_there(
    forgetful: Mount, session: iRODSSession, home: str
) -> None:
    for name in ("file", "directory"):
        path = forgetful.path / name
        path.mkdir() if name == "directory" else path.touch()
        os.utime(path, ns=(MOMENT, MOMENT))
        assert path.stat().st_mtime_ns == MOMENT
        assert path.stat().st_mtime_ns == MOMENT
    assert seconds_in_zone(session, f"{home}/file") == MOMENT // 10**9
    os.rename(forgetful.path / "file", forgetful.path / "directory/renamed")
    assert seconds_in_zone(session, f"{home}/directory/renamed") == MOMENT // 10**9
    assert (forgetful.path / "directory/renamed").stat().st_mtime_ns == MOMENT
    os.rename(forgetful.path / "directory", forgetful.path / "elsewhere")
    assert (forgetful.path / "elsewhere/renamed").stat().st_mtime_ns == MOMENT


def test_a_time_set_before_the_file_is_closed_stays(forgetful: Mount) -> None:
    with (forgetful.path / "file").open("wb") as file:
        file.write(b"content")
        file.flush()
        os.utime(file.fileno(), ns=(MOMENT, MOMENT))
    assert (forgetful.path / "file").stat().st_mtime_ns == MOMENT


def test_an_access_time_that_was_set_is_shown_while_the_file_is_in_use(forgetful: Mount) -> None:
    path = forgetful.path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        os.utime(path, ns=(LONG_AGO, MOMENT))
        assert (path.stat().st_atime_ns, path.stat().st_mtime_ns) == (LONG_AGO, MOMENT)
        subprocess.run(["touch", "-a", "-d", "@1500000000", path], check=True)
        assert (path.stat().st_atime, path.stat().st_mtime_ns) == (1_500_000_000, MOMENT)
        os.utime(file.fileno())
        assert path.stat().st_atime == pytest.approx(path.stat().st_mtime, abs=1)


def test_of_two_changes_the_later_is_no_older(forgetful: Mount) -> None:
    earlier, later = forgetful.path / "earlier", forgetful.path / "later"
    later.touch()
    for _ in range(20):
        earlier.write_bytes(b"content")
        os.utime(later)
        assert later.stat().st_mtime_ns >= earlier.stat().st_mtime_ns
        earlier.unlink()


@pytest.mark.parametrize("size", [10, 5_000_000])
@pytest.mark.parametrize("cut", [0, 5])
def test_a_file_that_is_cut_and_not_written_is_dated_in_the_zone_too(
    mount: Mount, session: iRODSSession, home: str, size: int, cut: int
) -> None:
    file = mount.path / "file"
    file.write_bytes(bytes(size))
    os.utime(file, (LONG_AGO, LONG_AGO))
    os.truncate(file, cut)
    assert seconds_in_zone(session, f"{home}/file") == pytest.approx(file.stat().st_mtime, abs=1)
    os.utime(file, (LONG_AGO, LONG_AGO))
    with file.open("wb"):
        pass
    assert seconds_in_zone(session, f"{home}/file") == pytest.approx(file.stat().st_mtime, abs=1)
    assert file.stat().st_mtime > LONG_AGO


@pytest.mark.parametrize("moment", [0, MOMENT])
def test_a_time_set_through_a_handle_of_an_unlinked_file_is_shown(forgetful: Mount, moment: int) -> None:
    handle = os.open(forgetful.path / "file", os.O_CREAT | os.O_RDONLY)
    try:
        os.unlink(forgetful.path / "file")
        os.utime(handle, ns=(moment, moment))
        assert os.fstat(handle).st_mtime_ns == moment
    finally:
        os.close(handle)


def test_the_time_of_a_written_file_does_not_jump_when_the_zone_is_asked(forgetful: Mount) -> None:
    file = forgetful.path / "file"
    for content in (b"", b"content", bytes(9_000_000)):
        with file.open("wb", buffering=0) as stream:
            stream.write(content)
            while_open = os.fstat(stream.fileno()).st_mtime_ns
        assert file.stat().st_mtime_ns == while_open
        os.rename(file, forgetful.path / "renamed")
        assert (forgetful.path / "renamed").stat().st_mtime_ns == while_open


def test_reading_changing_attributes_and_opening_leave_the_time_alone(forgetful: Mount) -> None:
    file = forgetful.path / "file"
    file.write_bytes(b"content")
    before = file.stat().st_mtime_ns
    file.read_bytes()
    file.open("r+b").close()
    file.chmod(0o600)
    os.setxattr(file, "user.key", b"value")
    assert file.stat().st_mtime_ns == before


def test_a_change_elsewhere_shows_the_time_of_the_zone(forgetful: Mount, session: iRODSSession, home: str) -> None:
    file = forgetful.path / "file"
    file.write_bytes(b"content")
    session.data_objects.touch(f"{home}/file", seconds_since_epoch=LONG_AGO)
    assert file.stat().st_mtime_ns == LONG_AGO * 10**9


CHANGES: dict[str, Callable[[Path], object]] = {
    "create": lambda directory: (directory / "new").touch(),
    "mkdir": lambda directory: (directory / "new directory").mkdir(),
    "unlink": lambda directory: (directory / "file").unlink(),
    "rmdir": lambda directory: (directory / "below").rmdir(),
    "rename": lambda directory: (directory / "other").rename(directory / "renamed"),
    "rename out": lambda directory: (directory / "renamed").rename(directory.parent / "moved out"),
    "rename in": lambda directory: (directory.parent / "outside").rename(directory / "moved in"),
    "replace": lambda directory: (directory.parent / "another").rename(directory / "moved in"),
}


@pytest.mark.parametrize("options", [[], ["--cache-timeout", "0"]], ids=["cached", "asked"])
def test_the_time_of_a_directory_changes_with_its_entries(make_mount: MakeMount, options: list[str]) -> None:
    directory = make_mount(*options).path / "directory"
    (directory / "below").mkdir(parents=True)
    for name in ("file", "other", "../outside", "../another"):
        (directory / name).touch()
    for name, change in CHANGES.items():
        os.utime(directory, (LONG_AGO, LONG_AGO))
        assert directory.stat().st_mtime == LONG_AGO
        change(directory)
        changed = directory.stat().st_mtime_ns
        assert changed > MOMENT, name
        assert directory.stat().st_mtime_ns == changed, name


def test_writing_into_a_file_leaves_the_time_of_its_directory_alone(forgetful: Mount) -> None:
    directory = forgetful.path / "directory"
    directory.mkdir()
    (directory / "file").touch()
    os.utime(directory, (LONG_AGO, LONG_AGO))
    (directory / "file").write_bytes(b"content")
    assert directory.stat().st_mtime == LONG_AGO


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "a/b").mkdir(parents=True)
    for name in ("one", "a/two", "a/b/three"):
        (root / name).write_text(name)
    os.utime(root / "a/two", ns=(MOMENT, MOMENT))
    (root / "a/b/large").write_bytes(os.urandom(6_000_000))
    return root


def rsync(source: Path, target: Path) -> str:
    command = ["rsync", "-a", "--delete", "--itemize-changes", f"{source}/", target]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_second_rsync_transfers_nothing_also_on_a_later_mount(
    make_mount: MakeMount, tree: Path, tmp_path: Path
) -> None:
    first, later = make_mount("--cache-timeout", "0"), make_mount()
    assert len(rsync(tree, first.path / "copy").splitlines()) == 8
    assert rsync(tree, first.path / "copy") == ""
    assert rsync(tree, later.path / "copy") == ""
    rsync(later.path / "copy", tmp_path / "back")
    assert rsync(first.path / "copy", tmp_path / "back") == ""
    (tree / "one").unlink()
    assert [line.split()[0] for line in rsync(tree, first.path / "copy").splitlines()] == ["*deleting", ".d..t......"]
    assert rsync(tree, first.path / "copy") == ""


def test_make_builds_once(forgetful: Mount) -> None:
    (forgetful.path / "Makefile").write_text("final: middle\n\tcp middle final\nmiddle: start\n\tcp start middle\n")
    (forgetful.path / "start").write_text("content")
    make = ["make", "--directory", forgetful.path, "final"]
    assert "cp middle final" in subprocess.run(make, check=True, capture_output=True, text=True).stdout
    assert "up to date" in subprocess.run(make, check=True, capture_output=True, text=True).stdout
    (forgetful.path / "start").write_text("changed")
    assert "cp start middle" in subprocess.run(make, check=True, capture_output=True, text=True).stdout
