"""Open files: what one handle does is seen through every other, by name and without, here and elsewhere."""

from __future__ import annotations

import errno
import mmap
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.objects import get, put
from tests.proxy import Proxy

MEGABYTE = 1 << 20
WRITE = api_number["DATA_OBJ_WRITE_AN"]


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_open_sees_what_another_client_has_closed(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    for content in (b"first", b"other", b"something longer", b"short", b""):
        put(session, f"{home}/file", content)
        assert file.read_bytes() == content
        file.stat()


def test_open_sees_large_content_changed_elsewhere(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    for filler in b"abc":
        content = bytes([filler]) * (9 * MEGABYTE + filler)
        put(session, f"{home}/file", content)
        assert file.read_bytes() == content


def test_an_append_goes_to_the_end_of_what_another_client_wrote(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    for before in (b"12345", b"1234567890", b"1"):
        put(session, f"{home}/file", b"")
        assert file.stat().st_size >= 0
        put(session, f"{home}/file", before)
        with file.open("ab") as appended:
            appended.write(b"+more")
        assert file.read_bytes() == before + b"+more"
        assert get(session, f"{home}/file") == before + b"+more"


@pytest.mark.parametrize("size", [5, 3 * MEGABYTE, 6 * MEGABYTE])
def test_what_others_append_is_read_through_a_handle_that_was_open_before(
    make_mount: MakeMount, session: iRODSSession, home: str, size: int
) -> None:
    content = os.urandom(size)
    put(session, f"{home}/log", content)
    with (make_mount("--cache-timeout", "0").path / "log").open("rb", buffering=0) as file:
        assert b"".join(iter(lambda: file.read(MEGABYTE), b"")) == content
        for number in range(3):
            more = os.urandom(MEGABYTE)
            with session.data_objects.open(f"{home}/log", "a") as stream:
                stream.write(more)
            assert os.fstat(file.fileno()).st_size == size + (number + 1) * MEGABYTE
            assert b"".join(iter(lambda: file.read(MEGABYTE), b"")) == more


def test_a_file_that_its_writer_elsewhere_has_open_stays_what_it_was(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"one")
    mount = make_mount("--cache-timeout", "0").path
    with opened(mount / "log", os.O_RDONLY) as descriptor:
        with session.data_objects.open(f"{home}/log", "a") as stream:
            stream.write(b", two")
            assert os.fstat(descriptor).st_size == len(b"one")
            assert os.pread(descriptor, 100, 0) == b"one"
        assert os.fstat(descriptor).st_size == len(b"one, two")
        assert os.pread(descriptor, 100, 0) == b"one, two"


def test_what_was_removed_elsewhere_can_be_made_again(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    file.write_bytes(b"here")
    session.data_objects.unlink(f"{home}/file", force=True)
    file.write_bytes(b"again")
    assert get(session, f"{home}/file") == b"again"
    session.data_objects.unlink(f"{home}/file", force=True)
    with pytest.raises(FileNotFoundError):
        file.read_bytes()
    assert not file.exists()


def test_entries_changed_elsewhere_are_seen_when_their_time_is_up(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    mount = make_mount("--cache-timeout", "0")
    put(session, f"{home}/old", b"content")
    assert os.listdir(mount.path) == ["old"]
    session.data_objects.move(f"{home}/old", f"{home}/new")
    session.collections.create(f"{home}/directory")
    assert sorted(os.listdir(mount.path)) == ["directory", "new"]
    assert not (mount.path / "old").exists()
    put(session, f"{home}/new", b"longer content")
    assert (mount.path / "new").stat().st_size == len(b"longer content")
    session.collections.remove(f"{home}/directory", recurse=False)
    assert not (mount.path / "directory").exists()


def test_the_size_of_a_file_being_written_is_right_for_every_stat(mount: Mount, home: str) -> None:
    file = mount.path / "file"
    with file.open("wb", buffering=0) as stream:
        for number in range(1, 6):
            stream.write(b"x" * 1000)
            assert file.stat().st_size == number * 1000
            assert os.fstat(stream.fileno()).st_size == number * 1000
            (entry,) = os.scandir(mount.path)
            assert entry.stat().st_size == number * 1000
            assert f" {number * 1000} " in subprocess.check_output(["ls", "-l", mount.path], text=True)
    assert file.stat().st_size == 5000


def test_what_was_written_is_read_through_other_handles(mount: Mount) -> None:
    file = mount.path / "file"
    with file.open("wb", buffering=0) as writer:
        writer.write(b"first")
        with file.open("rb", buffering=0) as reader:
            assert reader.read() == b"first"
            writer.write(b" second")
            assert reader.read() == b" second"
            writer.seek(0)
            writer.write(b"FIRST")
            reader.seek(0)
            assert reader.read() == b"FIRST second"
        assert file.read_bytes() == b"FIRST second"


@pytest.mark.parametrize("large", [False, True])
def test_appenders_lose_nothing_of_one_another(mount: Mount, large: bool) -> None:
    file = mount.path / "log"
    file.write_bytes(b"" if not large else bytes(5 * MEGABYTE))

    def append(letter: bytes) -> None:
        with file.open("ab", buffering=0) as stream:
            for _ in range(100):
                stream.write(letter * 9 + b"\n")

    appenders = [threading.Thread(target=append, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for appender in appenders:
        appender.start()
    for appender in appenders:
        appender.join()
    lines = file.read_bytes()[5 * MEGABYTE * large :].splitlines()
    assert sorted(lines) == [b"a" * 9] * 100 + [b"b" * 9] * 100 + [b"c" * 9] * 100


def test_two_shells_append_and_the_end_does_not_move_by_touch_chmod_and_truncate(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    file = mount.path / "log"
    with file.open("ab", buffering=0) as first, file.open("ab", buffering=0) as second:
        first.write(b"1")
        second.write(b"2")
        subprocess.run(["touch", file], check=True)
        first.write(b"3")
        subprocess.run(["chmod", "600", file], check=True)
        second.write(b"4")
        subprocess.run(["truncate", "-s", "+2", file], check=True)
        first.write(b"5")
        assert file.read_bytes() == b"1234\0\x005"
    assert get(session, f"{home}/log") == b"1234\0\x005"


def test_an_unlinked_file_goes_on_until_it_is_closed(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    file.write_bytes(b"content")
    with opened(file, os.O_RDWR) as descriptor:
        file.unlink()
        assert os.listdir(mount.path) == []
        assert not session.data_objects.exists(f"{home}/file")
        assert os.pread(descriptor, 100, 0) == b"content"
        os.pwrite(descriptor, b"CON", 0)
        os.pwrite(descriptor, b"more", 10)
        assert os.pread(descriptor, 100, 0) == b"CONtent\0\0\0more"
        os.ftruncate(descriptor, 3)
        os.fsync(descriptor)
        assert os.fstat(descriptor).st_size == 3
        assert os.fstat(descriptor).st_nlink == 0
        file.write_bytes(b"another file")
        assert os.pread(descriptor, 100, 0) == b"CON"
    assert file.read_bytes() == b"another file"
    assert get(session, f"{home}/file") == b"another file"


def test_a_file_that_is_unlinked_before_it_is_closed_never_comes_back(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    with opened(mount.path / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"content")
        (mount.path / "file").unlink()
        os.write(descriptor, b" and more")
    assert os.listdir(mount.path) == []
    assert session.collections.get(home).data_objects == []


def test_a_large_file_is_read_on_after_it_was_unlinked(mount: Mount, session: iRODSSession, home: str) -> None:
    content = os.urandom(12 * MEGABYTE)
    put(session, f"{home}/large", content)
    with (mount.path / "large").open("rb") as file:
        assert file.read(MEGABYTE) == content[:MEGABYTE]
        (mount.path / "large").unlink()
        assert file.read() == content[MEGABYTE:]


def test_a_renamed_file_goes_on_under_its_new_name(mount: Mount, session: iRODSSession, home: str) -> None:
    with opened(mount.path / "old", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"before ")
        (mount.path / "old").rename(mount.path / "new")
        os.write(descriptor, b"after")
        assert (mount.path / "new").stat().st_size == 12
    assert os.listdir(mount.path) == ["new"]
    assert get(session, f"{home}/new") == b"before after"
    assert not session.data_objects.exists(f"{home}/old")


def test_a_file_in_a_renamed_directory_goes_on_there(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "a/b").mkdir(parents=True)
    with opened(mount.path / "a/b/file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"before ")
        (mount.path / "a").rename(mount.path / "c")
        assert os.listdir(mount.path / "c/b") == ["file"]
        assert (mount.path / "c/b/file").stat().st_size == 7
        os.write(descriptor, b"after")
    assert get(session, f"{home}/c/b/file") == b"before after"
    assert (mount.path / "c/b/file").read_bytes() == b"before after"


def test_a_file_renamed_while_it_is_flushed_is_only_under_its_new_name(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    mount = mount_through(proxy)
    (mount.path / "old").write_bytes(b"content")
    stall = proxy.stall_at(WRITE)
    writer = threading.Thread(target=(mount.path / "old").write_bytes, args=(b"new content",))
    writer.start()
    assert stall.reached.wait(30)
    proxy.forget_hooks()
    renamer = threading.Thread(target=(mount.path / "old").rename, args=(mount.path / "new",))
    renamer.start()
    stall.release()
    writer.join()
    renamer.join()
    assert [each.name for each in session.collections.get(home).data_objects] == ["new"]
    assert get(session, f"{home}/new") == b"new content"


def test_what_is_replaced_by_a_rename_goes_on_for_its_handles(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "old").write_bytes(b"old")
    (mount.path / "new").write_bytes(b"new")
    with opened(mount.path / "old", os.O_RDWR) as old, opened(mount.path / "new", os.O_RDWR) as new:
        (mount.path / "new").rename(mount.path / "old")
        os.pwrite(old, b"OLD", 0)
        os.pwrite(new, b"NEW", 0)
        assert os.pread(old, 10, 0) == b"OLD"
        assert os.pread(new, 10, 0) == b"NEW"
    assert os.listdir(mount.path) == ["old"]
    assert get(session, f"{home}/old") == b"NEW"


def test_exclusive_creation_fails_when_the_file_is_there(mount: Mount) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    with opened(mount.path / "lock", flags), pytest.raises(FileExistsError):
        os.open(mount.path / "lock", flags)
    with pytest.raises(FileExistsError):
        os.open(mount.path / "lock", flags)


def test_exclusive_creation_does_not_overwrite_what_another_client_made_meanwhile(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    mount.expect_log("could not be written|flush")
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    os.write(descriptor, b"ours")
    put(session, f"{home}/file", b"theirs")
    with pytest.raises(FileExistsError):
        os.close(descriptor)
    assert get(session, f"{home}/file") == b"theirs"
    assert (mount.path / "file").read_bytes() == b"theirs"


def test_access_modes_are_kept_to(mount: Mount) -> None:
    (mount.path / "file").write_bytes(b"content")
    with opened(mount.path / "file", os.O_RDONLY) as descriptor:
        with pytest.raises(OSError, match="Bad file descriptor") as refused:
            os.write(descriptor, b"x")
        assert refused.value.errno == errno.EBADF
    with opened(mount.path / "file", os.O_WRONLY) as descriptor, pytest.raises(OSError, match="Bad file descriptor"):
        os.read(descriptor, 1)


@pytest.mark.parametrize("size", [10_000, 6 * MEGABYTE])
def test_memory_maps_show_and_change_content(mount: Mount, session: iRODSSession, home: str, size: int) -> None:
    content = os.urandom(size)
    put(session, f"{home}/file", content)
    with (mount.path / "file").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        assert mapped[:] == content
        mapped[5000:5003] = b"abc"
        mapped.flush()
    expected = content[:5000] + b"abc" + content[5003:]
    assert (mount.path / "file").read_bytes() == expected
    assert get(session, f"{home}/file") == expected


def test_large_files_are_written_and_read(mount: Mount, session: iRODSSession, home: str) -> None:
    content = os.urandom(30 * MEGABYTE + 12345)
    (mount.path / "large").write_bytes(content)
    assert (mount.path / "large").stat().st_size == len(content)
    assert get(session, f"{home}/large") == content
    assert (mount.path / "large").read_bytes() == content


def test_sparse_files_keep_their_holes_as_zeros(mount: Mount, session: iRODSSession, home: str) -> None:
    with (mount.path / "sparse").open("wb") as file:
        file.seek(7 * MEGABYTE)
        file.write(b"middle")
        file.truncate(9 * MEGABYTE)
    expected = bytearray(9 * MEGABYTE)
    expected[7 * MEGABYTE : 7 * MEGABYTE + 6] = b"middle"
    assert (mount.path / "sparse").read_bytes() == expected
    assert get(session, f"{home}/sparse") == expected


def test_what_was_cut_off_does_not_show_when_the_file_grows_again(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    (mount.path / "file").write_bytes(b"x" * MEGABYTE)
    with opened(mount.path / "file", os.O_RDWR) as descriptor:
        os.ftruncate(descriptor, MEGABYTE // 2)
        os.pwrite(descriptor, b"end", 6 * MEGABYTE)
    expected = b"x" * (MEGABYTE // 2) + bytes(6 * MEGABYTE - MEGABYTE // 2) + b"end"
    assert get(session, f"{home}/file") == expected


def test_changes_in_a_large_file_transfer_only_what_changed(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    content = bytearray(os.urandom(20 * MEGABYTE))
    put(session, f"{home}/large", bytes(content))
    mount = mount_through(proxy)
    sent = []
    proxy.on_request(WRITE, sent.append)
    with opened(mount.path / "large", os.O_WRONLY) as descriptor:
        for offset in (5, 3 * MEGABYTE + 7, 19 * MEGABYTE, 20 * MEGABYTE):
            os.pwrite(descriptor, b"changed", offset)
            content[offset : offset + 7] = b"changed"
    assert get(session, f"{home}/large") == content
    assert (mount.path / "large").read_bytes() == content
    assert 0 < len(sent) <= 4


def test_a_removed_file_leaves_no_attributes_to_its_successor(mount: Mount) -> None:
    for name in ("old", "new"):
        (mount.path / name).write_bytes(b"content")
        os.setxattr(mount.path / name, "user.name", name.encode())
    (mount.path / "old").unlink()
    (mount.path / "old").write_bytes(b"content")
    assert os.listxattr(mount.path / "old") == []
    (mount.path / "old").unlink()
    (mount.path / "new").rename(mount.path / "old")
    assert os.getxattr(mount.path / "old", "user.name") == b"new"


def test_a_listing_under_way_shows_nothing_that_was_removed_or_changed_meanwhile(mount: Mount) -> None:
    names = [f"{number:04}" for number in range(400)]
    for name in names:
        (mount.path / name).touch()
    shown = os.scandir(mount.path)
    first = next(shown).name
    for name in names[-50:]:
        (mount.path / name).unlink()
    (mount.path / names[-51]).write_bytes(b"content")
    rest = [entry.name for entry in shown]
    assert first == names[0]
    assert rest[: len(names) - 51] == names[1:-50]
    for name in names[-50:]:
        assert not (mount.path / name).exists()
    assert (mount.path / names[-51]).stat().st_size == len(b"content")
