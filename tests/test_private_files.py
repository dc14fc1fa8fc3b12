from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from irodsfs.private_files import is_own, make_private, private, private_file, write_private
from irodsfs.user_errors import ConfigurationError
from tests.local_users import STRANGER


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_directories_that_are_missing_are_made_for_their_owner_only(tmp_path: Path) -> None:
    assert private(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


def test_an_own_directory_becomes_private_also_behind_an_own_link(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to("own")
    private(tmp_path / "link")
    assert mode(tmp_path / "own") == 0o700


def foreign(directory: Path) -> Path:
    (directory / "foreign").mkdir()
    os.chown(directory / "foreign", STRANGER, STRANGER)
    return directory / "foreign"


def foreign_link_to_an_own_directory(directory: Path) -> Path:
    (directory / "own").mkdir(mode=0o755)
    (directory / "link").symlink_to("own")
    os.chown(directory / "link", STRANGER, STRANGER, follow_symlinks=False)
    return directory / "link"


def own_link_to_a_foreign_directory(directory: Path) -> Path:
    (directory / "link").symlink_to(foreign(directory))
    return directory / "link"


def shared(directory: Path) -> Path:
    (directory / "shared").mkdir()
    (directory / "shared").chmod(0o1777)
    return directory / "shared"


@pytest.mark.parametrize("make", [foreign, foreign_link_to_an_own_directory, own_link_to_a_foreign_directory, shared])
def test_what_others_may_have_a_hand_in_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    directory = make(tmp_path)
    before = directory.stat().st_mode
    with pytest.raises(ConfigurationError, match=r"belongs to another user|is shared with other users"):
        private(directory)
    with pytest.raises(PermissionError):
        make_private(directory)
    assert directory.stat().st_mode == before


def test_a_file_in_the_way_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"can't be made: Not a directory"):
        private(tmp_path / "file")


@pytest.mark.usefixtures("open_umask")
def test_files_are_made_for_their_owner_only(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w", opener=private_file) as file:
        assert is_own(os.fstat(file.fileno()))
    write_private(tmp_path / "other", b"content")
    assert (mode(tmp_path / "file"), mode(tmp_path / "other")) == (0o600, 0o600)
    write_private(tmp_path / "file", b"content")
    assert ((tmp_path / "file").read_bytes(), len(list(tmp_path.iterdir()))) == (b"content", 2)


def foreign_file(file: Path) -> None:
    file.touch()
    os.chown(file, STRANGER, STRANGER)


def link_to_an_own_file(file: Path) -> None:
    file.with_name("target").touch()
    file.symlink_to("target")


def another_name_of_an_own_file(file: Path) -> None:
    file.with_name("target").touch()
    file.hardlink_to(file.with_name("target"))


def file_that_others_may_write(file: Path) -> None:
    file.touch()
    file.chmod(0o666)


def pipe(file: Path) -> None:
    os.mkfifo(file, 0o600)


@pytest.mark.parametrize(
    "make", [foreign_file, link_to_an_own_file, another_name_of_an_own_file, file_that_others_may_write, pipe]
)
@pytest.mark.parametrize("mode", ["rb", "ab"])
def test_no_file_is_opened_that_others_may_have_a_hand_in(
    tmp_path: Path, make: Callable[[Path], None], mode: str
) -> None:
    make(tmp_path / "file")
    with pytest.raises(OSError, match=r"this user|symbolic links|No such device"):
        open(tmp_path / "file", mode, opener=private_file)  # noqa: SIM115 - it is not opened
