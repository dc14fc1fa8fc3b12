"""What is believed never decides: another client changes an entry before a call, or in the moment of its request.

The call has the result that it would have without any belief, what the other client made stays as it is unless the
call is about replacing it, and this mount shows the truth at once.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.mount.conftest import MountThrough
from tests.mounts import fails
from tests.objects import get, put
from tests.proxy import Proxy

OPEN, UNLINK, RENAME = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "UNLINK", "RENAME"))
MAKE_COLLECTION, REMOVE_COLLECTION = api_number["COLL_CREATE_AN"], api_number["RM_COLL_AN"]
AVU, TOUCH = api_number["MOD_AVU_METADATA_AN"], api_number["TOUCH_APN"]
SEVERAL_AVUS = api_number["ATOMIC_APPLY_METADATA_OPERATIONS_APN"]
MEGABYTE = 1 << 20

pytestmark = pytest.mark.readable_line

RENAME_NOREPLACE = 1


@dataclass
class Others:
    """Another client at work in the collection that is mounted."""

    session: iRODSSession
    home: str
    proxy: Proxy

    def meanwhile(self, api: int, act: Callable[[], object]) -> None:
        """Do something when the next request of a kind has left the mount, before it is in the zone."""
        first = threading.Lock()

        def hook(_: int) -> None:
            if first.acquire(blocking=False):
                act()

        self.proxy.on_request(api, hook)

    def path(self, name: str) -> str:
        return f"{self.home}/{name}"

    def file(self, name: str, content: bytes = b"theirs") -> None:
        """A data object with everything that a mount could spoil."""
        put(self.session, self.path(name), content)
        self._describe(name)
        self.session.data_objects.touch(self.path(name), seconds_since_epoch=1_000_000_000)

    def directory(self, name: str) -> None:
        self.session.collections.create(self.path(name))
        self._describe(name)

    def remove(self, name: str) -> None:
        if self.session.collections.exists(self.path(name)):
            self.session.collections.remove(self.path(name), force=True)
        else:
            self.session.data_objects.unlink(self.path(name), force=True)

    def replace(self, name: str, make: Callable[[str], None]) -> None:
        self.remove(name)
        make(name)

    def avus(self, name: str) -> list[tuple[str, str]]:
        return sorted((avu.name, avu.value) for avu in self._entry(name).metadata.items())

    def is_as_made(self, name: str) -> bool:
        entry = self._entry(name)
        levels = {each.user_name: each.access_name for each in self.session.acls.get(entry)}
        described = self.avus(name) == [("theirs", "1")] and levels == {
            self.session.username: "own",
            "public": "read_object",
        }
        if self.session.collections.exists(self.path(name)):
            return described
        replica = entry.replicas[0]
        return described and get(self.session, self.path(name)) == b"theirs" and _second(replica) == 1_000_000_000

    def exists(self, name: str) -> bool:
        session, path = self.session, self.path(name)
        return session.data_objects.exists(path) or session.collections.exists(path)

    def names(self) -> list[str]:
        collection = self.session.collections.get(self.home)
        return sorted(each.name for each in (*collection.data_objects, *collection.subcollections))

    def _describe(self, name: str) -> None:
        self._entry(name).metadata.add("theirs", "1")
        self.session.acls.set(iRODSAccess("read", self.path(name), "public", self.session.zone))

    def _entry(self, name: str):  # type: ignore[no-untyped-def]  # python-irodsclient has no types
        if self.session.collections.exists(self.path(name)):
            return self.session.collections.get(self.path(name))
        return self.session.data_objects.get(self.path(name))


def _second(replica) -> int:  # type: ignore[no-untyped-def]
    return int(replica.modify_time.timestamp())


@pytest.fixture
def others(session: iRODSSession, home: str, proxy: Proxy) -> Others:
    return Others(session, home, proxy)


@pytest.fixture(params=[(), ("--posix-attributes",)], ids=["plain", "posix"])
def place(request: pytest.FixtureRequest, mount_through: MountThrough, proxy: Proxy) -> Path:
    """A mount that believes what it has seen for a minute."""
    return mount_through(proxy, "--cache-timeout", "60", *request.param).path


@pytest.fixture
def posix_place(mount_through: MountThrough, proxy: Proxy) -> Path:
    return mount_through(proxy, "--cache-timeout", "60", "--posix-attributes").path


# Making


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_directory_is_not_made_where_something_was_made_before(place: Path, others: Others, kind: str) -> None:
    assert os.listdir(place) == []
    getattr(others, kind)("new")
    with fails(errno.EEXIST):
        (place / "new").mkdir(mode=0o700)
    assert (place / "new").is_dir() == (kind == "directory")
    assert os.listdir(place) == ["new"]
    assert others.is_as_made("new")


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_directory_is_not_made_where_something_is_made_meanwhile(place: Path, others: Others, kind: str) -> None:
    others.meanwhile(MAKE_COLLECTION, lambda: getattr(others, kind)("new"))
    with fails(errno.EEXIST):
        (place / "new").mkdir(mode=0o700)
    assert (place / "new").is_dir() == (kind == "directory")
    assert others.is_as_made("new")


def test_directories_that_others_have_made_are_used_at_the_first_try(place: Path, others: Others) -> None:
    for number in range(5):
        assert not (place / f"d{number}").exists()
        others.directory(f"d{number}")
        (place / f"d{number}/below/deeper").mkdir(parents=True, exist_ok=True)
        (place / f"d{number}/below/deeper/file").write_text("mine")
    assert others.is_as_made("d4")


def test_a_directory_in_one_that_is_gone_is_made_with_it(place: Path, others: Others) -> None:
    (place / "gone/below").mkdir(parents=True)
    others.remove("gone")
    with fails(errno.ENOENT):
        (place / "gone/new").mkdir()
    assert os.listdir(place) == []


def test_a_link_is_not_made_where_something_is_made_meanwhile(posix_place: Path, others: Others) -> None:
    others.meanwhile(OPEN, lambda: others.file("link"))
    with fails(errno.EEXIST):
        (posix_place / "link").symlink_to("/etc/passwd")
    assert others.is_as_made("link")
    assert (posix_place / "link").read_bytes() == b"theirs"
    assert not (posix_place / "link").is_symlink()


# Removing


@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_is_gone_can_not_be_removed_and_is_gone_here_too(place: Path, others: Others, meanwhile: bool) -> None:
    others.file("file")
    others.directory("directory")
    assert sorted(os.listdir(place)) == ["directory", "file"]
    for remove, api, name in ((os.unlink, UNLINK, "file"), (os.rmdir, REMOVE_COLLECTION, "directory")):
        assert (place / name).exists()
        if meanwhile:
            others.meanwhile(api, lambda name=name: others.remove(name))  # type: ignore[misc]
        else:
            others.remove(name)
        with fails(errno.ENOENT):
            remove(place / name)
        others.proxy.forget_hooks()
        (place / name).mkdir()
        (place / name).rmdir()
    assert os.listdir(place) == []


def test_what_is_something_else_by_now_is_not_removed_as_what_it_was(place: Path, others: Others) -> None:
    others.file("file")
    others.directory("directory")
    assert (place / "file").is_file()
    assert (place / "directory").is_dir()
    others.meanwhile(UNLINK, lambda: others.replace("file", others.directory))
    others.meanwhile(REMOVE_COLLECTION, lambda: others.replace("directory", others.file))
    with fails(errno.EISDIR):
        (place / "file").unlink()
    with fails(errno.ENOTDIR):
        (place / "directory").rmdir()
    assert others.is_as_made("file")
    assert others.is_as_made("directory")


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_directory_in_which_something_was_made_stays(place: Path, others: Others, meanwhile: bool) -> None:
    (place / "directory").mkdir()
    assert os.listdir(place / "directory") == []
    if meanwhile:
        others.meanwhile(REMOVE_COLLECTION, lambda: others.file("directory/file"))
    else:
        others.file("directory/file")
    with fails(errno.ENOTEMPTY):
        (place / "directory").rmdir()
    assert os.listdir(place / "directory") == ["file"]
    assert others.is_as_made("directory/file")


def test_a_directory_that_was_emptied_elsewhere_is_removed(place: Path, others: Others) -> None:
    others.directory("directory")
    others.file("directory/file")
    assert os.listdir(place / "directory") == ["file"]
    others.remove("directory/file")
    (place / "directory").rmdir()
    assert not others.exists("directory")


def test_a_directory_in_which_this_mount_is_making_something_stays(place: Path) -> None:
    (place / "directory").mkdir()
    with (place / "directory/file").open("w"), fails(errno.ENOTEMPTY):
        (place / "directory").rmdir()


# Renaming


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_file_takes_a_name_that_another_client_takes_first(place: Path, others: Others, meanwhile: bool) -> None:
    (place / "new").write_bytes(b"mine")
    assert not (place / "name").exists()
    if meanwhile:
        others.meanwhile(RENAME, lambda: others.file("name"))
    else:
        others.file("name")
    (place / "new").rename(place / "name")
    assert (place / "name").read_bytes() == b"mine"
    assert get(others.session, others.path("name")) == b"mine"
    assert others.avus("name") == [("theirs", "1")]
    assert others.names() == ["name"]


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_file_is_moved_to_a_name_that_another_client_frees_first(
    place: Path, others: Others, meanwhile: bool
) -> None:
    others.file("name")
    (place / "new").write_bytes(b"mine")
    assert (place / "name").exists()
    if meanwhile:
        others.meanwhile(OPEN, lambda: others.remove("name"))
    else:
        others.remove("name")
    (place / "new").rename(place / "name")
    assert (place / "name").read_bytes() == b"mine"
    assert others.avus("name") == []
    assert others.names() == ["name"]


def rename_without_replacing(source: Path, target: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(source), -100, os.fsencode(target), RENAME_NOREPLACE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_rename_that_is_not_to_replace_does_not(place: Path, others: Others, meanwhile: bool) -> None:
    (place / "new").write_bytes(b"mine")
    assert not (place / "name").exists()
    if meanwhile:
        others.meanwhile(RENAME, lambda: others.file("name"))
    else:
        others.file("name")
    with fails(errno.EEXIST):
        rename_without_replacing(place / "new", place / "name")
    assert others.is_as_made("name")
    assert (place / "name").read_bytes() == b"theirs"
    assert (place / "new").read_bytes() == b"mine"


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("name", ["free", "taken"])
@pytest.mark.parametrize("kind", ["file", "large", "directory"])
def test_what_is_gone_can_not_be_renamed_and_what_has_the_name_stays(
    place: Path, others: Others, kind: str, name: str, meanwhile: bool
) -> None:
    if kind == "directory":
        others.directory("source")
        others.directory("taken")
    else:
        others.file("source", b"x" * (5 * MEGABYTE if kind == "large" else 10))
        others.file("taken")
    assert sorted(os.listdir(place)) == ["source", "taken"]
    assert (place / "source").exists()
    if meanwhile:
        api = OPEN if (kind, name) == ("file", "taken") else RENAME
        others.meanwhile(api, lambda: others.remove("source"))
    else:
        others.remove("source")
    with fails(errno.ENOENT):
        (place / "source").rename(place / name)
    assert os.listdir(place) == ["taken"]
    assert others.names() == ["taken"]
    assert others.is_as_made("taken")


def test_a_large_file_takes_a_name_that_changes_hands_meanwhile(place: Path, others: Others) -> None:
    for number in range(2):
        others.file(f"name{number}", b"before")
    for number, change in enumerate((others.remove, lambda name: others.replace(name, others.file))):
        (place / "new").write_bytes(b"m" * 5 * MEGABYTE)
        assert (place / f"name{number}").exists()
        others.meanwhile(RENAME, lambda: change(f"name{number}"))  # noqa: B023 - called before the next one
        (place / "new").rename(place / f"name{number}")
        assert get(others.session, others.path(f"name{number}")) == b"m" * 5 * MEGABYTE
        assert (place / f"name{number}").stat().st_size == 5 * MEGABYTE
    assert others.names() == ["name0", "name1"]


def test_a_directory_takes_only_the_name_of_an_empty_one(place: Path, others: Others) -> None:
    (place / "mine/below").mkdir(parents=True)
    assert not (place / "name").exists()
    others.meanwhile(RENAME, lambda: (others.directory("name"), others.file("name/file")))
    with fails(errno.ENOTEMPTY):
        (place / "mine").rename(place / "name")
    assert others.is_as_made("name/file")
    assert others.avus("name") == [("theirs", "1")]
    others.proxy.forget_hooks()
    others.remove("name/file")
    (place / "mine").rename(place / "name")
    assert os.listdir(place / "name") == ["below"]
    others.file("full")
    with fails(errno.ENOTDIR):
        (place / "name").rename(place / "full")
    assert others.is_as_made("full")


def test_a_directory_that_is_filled_while_it_is_replaced_stays(place: Path, others: Others) -> None:
    others.directory("name")
    (place / "mine/below").mkdir(parents=True)
    assert os.listdir(place / "name") == []
    others.meanwhile(RENAME, lambda: others.file("name/file"))
    with fails(errno.ENOTEMPTY):
        (place / "mine").rename(place / "name")
    assert others.is_as_made("name/file")
    assert others.avus("name") == [("theirs", "1")]
    assert others.names() == ["mine", "name"]
    assert os.listdir(place / "mine") == ["below"]


# Describing


@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_is_gone_can_not_be_described(posix_place: Path, others: Others, meanwhile: bool) -> None:
    calls: list[tuple[int, Callable[[Path], None]]] = [
        (AVU, lambda path: os.setxattr(path, "user.mine", b"1")),
        (SEVERAL_AVUS, lambda path: os.setxattr(path, "user.mine", b'[["1", ""], ["2", ""]]')),
        (AVU, lambda path: os.setxattr(path, "user.with_wildcard", b"1")),
        (AVU, lambda path: os.removexattr(path, "user.theirs")),
        (AVU, lambda path: path.chmod(0o600)),
        (TOUCH, lambda path: os.utime(path, (1, 1))),
    ]
    tried = [(kind, *call) for kind in (others.file, others.directory) for call in calls]
    for number, (make, _, _) in enumerate(tried):
        make(f"name{number}")
    for number, (_, api, call) in enumerate(tried):
        name = f"name{number}"
        assert (posix_place / name).exists()
        if meanwhile:
            others.meanwhile(api, partial(others.remove, name))
        else:
            others.remove(name)
        with fails(errno.ENOENT):
            call(posix_place / name)
        assert not others.exists(name)
        assert not (posix_place / name).exists()
        others.proxy.forget_hooks()


def test_what_is_something_else_by_now_is_described(posix_place: Path, others: Others) -> None:
    others.file("name")
    assert (posix_place / "name").is_file()
    others.meanwhile(AVU, lambda: others.replace("name", others.directory))
    os.setxattr(posix_place / "name", "user.mine", b"1")
    assert others.avus("name") == [("mine", "1"), ("theirs", "1")]


def test_attributes_are_set_and_removed_as_they_are_in_the_zone(place: Path, others: Others) -> None:
    others.file("file")
    file, entry = place / "file", others.session.data_objects.get(others.path("file"))
    os.setxattr(file, "user.mine", b"1")
    assert os.getxattr(file, "user.mine") == b"1"
    entry.metadata.add("mine", "2")
    os.setxattr(file, "user.mine", b"3")
    assert others.avus("file") == [("mine", "3"), ("theirs", "1")]
    assert os.getxattr(file, "user.mine") == b"3"
    entry.metadata.add("mine", "4")
    os.removexattr(file, "user.mine")
    assert others.avus("file") == [("theirs", "1")]
    with fails(errno.ENODATA):
        os.getxattr(file, "user.other")
    entry.metadata.add("other", "5")
    os.removexattr(file, "user.other")
    entry.metadata.remove("theirs", "1")
    with fails(errno.ENODATA):
        os.removexattr(file, "user.theirs")
    assert others.avus("file") == []


def test_attributes_that_others_change_meanwhile_are_read_again(place: Path, others: Others) -> None:
    others.file("file")
    entry = others.session.data_objects.get(others.path("file"))
    entry.metadata.add("mine", "1")
    others.meanwhile(AVU, lambda: entry.metadata.remove("mine", "1"))
    os.removexattr(place / "file", "user.mine")
    others.meanwhile(AVU, lambda: entry.metadata.add("sev_eral", "2"))
    os.setxattr(place / "file", "user.sev_eral", b"2")
    others.meanwhile(AVU, lambda: entry.metadata.add("sev_eral", "3"))
    os.setxattr(place / "file", "user.sev_eral", b'[["2", ""], ["3", ""]]')
    assert others.avus("file") == [("sev_eral", "2"), ("sev_eral", "3"), ("theirs", "1")]


def test_a_name_with_wildcards_stands_for_itself_alone(place: Path, others: Others) -> None:
    others.file("file")
    entry = others.session.data_objects.get(others.path("file"))
    for number, name in enumerate(["a_b", "axb", "a%", r"a\b"]):
        entry.metadata.add(name, str(number))
        entry.metadata.add(name, "other")
    os.setxattr(place / "file", "user.a_b", b"mine")
    os.setxattr(place / "file", "user.a%", b"mine")
    os.setxattr(place / "file", r"user.a\b", b"mine")
    kept = [("axb", "1"), ("axb", "other"), ("theirs", "1")]
    assert others.avus("file") == sorted([("a_b", "mine"), ("a%", "mine"), (r"a\b", "mine"), *kept])
