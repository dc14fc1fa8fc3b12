"""What servers get wrong, or do in their own way, never reaches the programs on a mount."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.objects import put
from tests.proxy import Proxy

MEGABYTE = 1 << 20
RENAME, TOUCH, WRITE = (api_number[name] for name in ("DATA_OBJ_RENAME_AN", "TOUCH_APN", "DATA_OBJ_WRITE_AN"))
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def statuses(session: iRODSSession, path: str) -> list[str]:
    return [replica.status for replica in session.data_objects.get(path).replicas]


def test_a_directory_is_never_asked_to_move_into_itself(mount_through: MountThrough, proxy: Proxy) -> None:
    mount = mount_through(proxy)
    (mount.path / "directory/below").mkdir(parents=True)
    proxy.count()
    for target in ("directory/inside", "directory/below/inside", "directory/below"):
        with pytest.raises(OSError, match=r"Invalid argument|not empty") as refused:
            os.rename(mount.path / "directory", mount.path / target)
        assert refused.value.errno in (errno.EINVAL, errno.ENOTEMPTY)
    assert proxy.requests[RENAME] == 0
    (mount.path / "directory/below").rename(mount.path / "directory-and-more")
    assert sorted(os.listdir(mount.path)) == ["directory", "directory-and-more"]


def test_replicas_are_good_whatever_the_sizes_before_and_after(mount: Mount, session: iRODSSession, home: str) -> None:
    file = mount.path / "file"
    for size in (10, 0, 5 * MEGABYTE, 12 * MEGABYTE, 3, 9 * MEGABYTE):
        file.write_bytes(bytes(size))
        assert statuses(session, f"{home}/file") == ["1"]
        assert session.data_objects.get(f"{home}/file").size == size
    with file.open("r+b") as opened:
        opened.truncate(8 * MEGABYTE)
        opened.seek(13 * MEGABYTE)
        opened.write(b"end")
    assert statuses(session, f"{home}/file") == ["1"]
    assert session.data_objects.get(f"{home}/file").size == 13 * MEGABYTE + 3


@pytest.mark.parametrize("size", [1000, 20 * MEGABYTE])
def test_a_connection_that_drops_while_writing_leaves_no_stale_replica(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, size: int
) -> None:
    mount = mount_through(proxy)
    content = os.urandom(size)
    (mount.path / "file").write_bytes(b"old")
    proxy.cut_at(WRITE)
    (mount.path / "file").write_bytes(content)
    assert statuses(session, f"{home}/file") == ["1"]
    with session.data_objects.open(f"{home}/file", "r") as stream:
        assert stream.read() == content


def test_times_that_servers_refuse_are_not_sent(mount_through: MountThrough, proxy: Proxy) -> None:
    mount = mount_through(proxy)
    (mount.path / "file").touch()
    for seconds in (-(10**9), 2**31, 0, 2**33, 0):
        os.utime(mount.path / "file", (seconds, seconds))
        assert (mount.path / "file").stat().st_mtime == seconds
    proxy.count()
    os.utime(mount.path / "file", (0, 0))
    assert proxy.requests[TOUCH] == 1


def test_a_time_set_on_what_was_removed_elsewhere_is_not_taken_for_set(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    mount = make_mount("--cache-timeout", "0")
    (mount.path / "file").touch()
    session.data_objects.unlink(f"{home}/file", force=True)
    with pytest.raises(FileNotFoundError):
        os.utime(mount.path / "file", (1, 1))
    assert os.listdir(mount.path) == []


def test_one_unreadable_name_does_not_hide_the_others(mount: Mount) -> None:
    names = ["plain", "line\nbreak", "escape\x1b[31m", "bell\x07", "delete\x7f"]
    for name in names:
        (mount.path / name).write_text(name)
    assert sorted(os.listdir(mount.path)) == sorted(names)
    assert [(mount.path / name).read_text() for name in names] == names


def test_paths_are_normalised_before_they_are_sent(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    mount = make_mount(collection=f"{home}//missing/.././")
    assert os.listdir(mount.path) == ["file"]
    assert Path(f"{mount.path}//./file").read_bytes() == b"content"
    assert os.getxattr(mount.path / "file", "irods.path") == f"{home}/file".encode()


def test_underscores_and_percent_signs_are_no_patterns(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    for name in ("a_b", "axb", "a%b", "aXYb", "a\\b"):
        session.collections.create(f"{home}/{name}/below")
        put(session, f"{home}/{name}/below/of {name}", b"")
    mount = make_mount(collection=f"{home}/a_b")
    assert [names for _, _, names in os.walk(mount.path)] == [[], ["of a_b"]]
    whole = make_mount()
    for _ in range(2):
        found = {Path(path).parent.name: names for path, _, names in os.walk(whole.path) if path.endswith("below")}
        assert found == {name: [f"of {name}"] for name in ("a_b", "axb", "a%b", "aXYb", "a\\b")}


def test_exchanging_two_names_is_refused(mount: Mount) -> None:
    (mount.path / "one").write_text("1")
    (mount.path / "two").write_text("2")
    library = ctypes.CDLL(None, use_errno=True)
    paths = [os.fsencode(mount.path / name) for name in ("one", "two")]
    assert library.renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == -1
    assert ctypes.get_errno() == errno.EINVAL
    assert ((mount.path / "one").read_text(), (mount.path / "two").read_text()) == ("1", "2")


def test_a_file_gets_the_name_of_a_directory_that_had_files(mount: Mount, session: iRODSSession, home: str) -> None:
    """Vaults keep the directories of collections that are gone, and make room for new data objects only."""
    (mount.path / "moved").write_bytes(b"moved")
    for name in ("made here", "moved here"):
        directory = mount.path / name
        directory.mkdir()
        (directory / "file").touch()
        (directory / "file").unlink()
        directory.rmdir()
    (mount.path / "made here").write_bytes(b"made")
    (mount.path / "moved").rename(mount.path / "moved here")
    contents = {each.name: each.open("r").read() for each in session.collections.get(home).data_objects}
    assert contents == {"made here": b"made", "moved here": b"moved"}
    assert sorted(os.listdir(mount.path)) == ["made here", "moved here"]


def make_and_remove_tree(top: Path) -> None:
    for name in ("a/b/c", "a/d", "e"):
        (top / name).mkdir(parents=True)
        (top / name / "file").touch()
    (top / "a/d").rename(top.parent / "elsewhere")
    shutil.rmtree(top)
    shutil.rmtree(top.parent / "elsewhere")


def test_a_file_gets_the_name_of_a_directory_that_had_directories_with_files(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    mount = make_mount("--posix-attributes").path
    (mount / "moved").write_bytes(b"moved")
    for name in ("made here", "moved here", "linked here"):
        make_and_remove_tree(mount / name)
    (mount / "made here").write_bytes(b"made")
    (mount / "moved").rename(mount / "moved here")
    (mount / "linked here").symlink_to("made here")
    contents = {each.name: each.open("r").read() for each in session.collections.get(home).data_objects}
    assert contents == {"made here": b"made", "moved here": b"moved", "linked here": b"made here"}
    assert sorted(os.listdir(mount)) == ["linked here", "made here", "moved here"]
    assert session.collections.get(home).subcollections == []


def test_a_file_that_the_vault_has_no_room_for_is_kept_and_its_rename_undone(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    mount.expect_log("UNIX_FILE_CREATE_ERR")
    session.collections.create(f"{home}/name/below", recurse=True)
    session.data_objects.create(f"{home}/name/below/file")
    session.collections.remove(f"{home}/name", force=True)
    (mount.path / "moved").write_bytes(b"content")
    with fails(errno.EEXIST):
        (mount.path / "moved").rename(mount.path / "name")
    with fails(errno.EEXIST):
        (mount.path / "name").write_bytes(b"made")
    assert [each.name for each in session.collections.get(home).data_objects] == ["moved"]
    assert os.listdir(mount.path) == ["moved"]


def test_a_file_that_is_emptied_leaves_no_replica_that_claims_to_be_good(
    mount: Mount, session: iRODSSession, home: str, other_resource: str
) -> None:
    for empty in (lambda file: file.write_bytes(b""), lambda file: os.truncate(file, 0)):
        put(session, f"{home}/file", b"content")
        session.data_objects.replicate(f"{home}/file", resource=other_resource)
        empty(mount.path / "file")
        replicas = session.data_objects.get(f"{home}/file").replicas
        assert sorted((replica.status, replica.size) for replica in replicas) == [("0", 7), ("1", 0)]
        session.data_objects.unlink(f"{home}/file", force=True)
        (mount.path / "file").exists()
