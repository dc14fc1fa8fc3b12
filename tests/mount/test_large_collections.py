"""Collections of very many entries: few requests, entries as they arrive, and no end that is not the end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.catalog.catalog import MANY_NAMES
from irodsfs.grid.queries import FIRST_PAGE_ROWS, PAGE_ROWS
from irodsfs.sandbox.catalog.genquery1.open_statements import MAX_STATEMENTS
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.populating import fill
from tests.proxy import Cut, Proxy
from tests.zones import EmbeddedZone

GEN_QUERY = api_number["GEN_QUERY_AN"]
PATIENCE = 60
FIRST_FLIGHT = 2
"""Queries: for the collections and for the data objects in a collection."""

LOOKUP = 2
"""Queries: the name of the collection is looked for in a listing of the one above."""

THREE_PAGES = FIRST_PAGE_ROWS + PAGE_ROWS + 500
VERY_MANY = 100_000
KIBIBYTE = 1024

CONNECTIONS = 8
"""As many as a mount has by default."""

Fill = Callable[[int], list[str]]


@pytest.fixture
def fill_many(embedded_zone: EmbeddedZone, session: iRODSSession, home: str) -> Fill:
    """Makes the collection `many` of that many data objects."""
    return lambda count: fill(embedded_zone, session, f"{home}/many", count)


class Gate:
    """Lets so many queries pass, and holds the next one until it is opened."""

    def __init__(self, proxy: Proxy, passing: int) -> None:
        self.reached = threading.Event()
        self.seen = 0
        self._passing = passing
        self._opened = threading.Event()
        proxy.on_request(GEN_QUERY, self._hold)

    def open(self) -> None:
        self._opened.set()

    def _hold(self, _: int) -> None:
        self.seen += 1
        if self.seen == self._passing + 1:
            self.reached.set()
            assert self._opened.wait(PATIENCE)


def test_a_hundred_thousand_entries_take_few_requests_and_less_than_a_kibibyte_each(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(VERY_MANY)
    mount = mount_through(proxy, "--cache-timeout", "60")
    assert mount.path.is_dir()
    before = memory(mount)
    requests = proxy.count()
    with os.scandir(mount.path / "many") as entries:
        assert sorted(entry.name for entry in entries) == names
    # The kernel now holds an inode of each.
    assert memory(mount) - before < VERY_MANY * KIBIBYTE
    assert requests.total() <= LOOKUP + FIRST_FLIGHT + VERY_MANY // PAGE_ROWS, requests


def memory(mount: Mount) -> int:
    """Bytes of memory that the process of a mount uses."""
    assert mount.process is not None
    pages = int(Path(f"/proc/{mount.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_the_first_entries_are_there_before_the_last_page_is(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    mount = mount_through(proxy)
    assert (mount.path / "many").is_dir()
    gate = Gate(proxy, FIRST_FLIGHT)
    with os.scandir(mount.path / "many") as entries:
        seen = [next(entries).name for _ in range(FIRST_PAGE_ROWS // 2)]
        assert gate.reached.wait(PATIENCE)
        # What has arrived needs no more questions, and no other program waits for the rest.
        assert (mount.path / "many" / seen[-1]).stat().st_size == len(b"content")
        assert gate.seen == FIRST_FLIGHT + 1
        gate.open()
        assert sorted([*seen, *(entry.name for entry in entries)]) == names
    assert gate.seen == FIRST_FLIGHT + 2


def test_programs_that_list_it_at_the_same_time_share_one_listing(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    mount = mount_through(proxy)
    assert (mount.path / "many").is_dir()
    gate = Gate(proxy, FIRST_FLIGHT)
    with os.scandir(mount.path / "many") as first, os.scandir(mount.path / "many") as second:
        assert next(first).name == next(second).name
        gate.open()
        for entries in (first, second):
            assert sum(1 for _ in entries) == len(names) - 1
    assert sorted(os.listdir(mount.path / "many")) == names
    assert gate.seen == FIRST_FLIGHT + 2


def test_what_this_mount_changes_meanwhile_shows_for_whoever_lists_it_then(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    on_first_page, on_last_page, to_rename = f"{names[FIRST_PAGE_ROWS // 2]}x", f"{names[-1]}x", f"{names[-1]}y"
    for name in (on_first_page, on_last_page, to_rename):
        with session.data_objects.open(f"{home}/many/{name}", "w") as stream:
            stream.write(b"content")
    mount = mount_through(proxy)
    many = mount.path / "many"
    assert many.is_dir()
    gate = Gate(proxy, FIRST_FLIGHT)
    with os.scandir(many) as before:
        seen = [next(before).name]
        (many / on_first_page).unlink()
        (many / "new").write_bytes(b"new")
        with os.scandir(many) as after:
            gate.open()
            (many / on_last_page).unlink()
            (many / to_rename).rename(many / "renamed")
            assert sorted({entry.name for entry in after} - {"renamed", to_rename}) == sorted([*names, "new"])
        seen += [entry.name for entry in before]
    # Each at most once, and all that were there all the time.
    assert len(set(seen)) == len(seen)
    assert set(seen) - {"renamed", "new", on_first_page} == set(names)
    assert sorted(os.listdir(many)) == sorted([*names, "new", "renamed"])


def test_a_listing_that_breaks_off_goes_on_where_it_was(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    mount = mount_through(proxy)
    assert (mount.path / "many").is_dir()
    cut_from(proxy, FIRST_FLIGHT + 2, times=1)
    assert sorted(os.listdir(mount.path / "many")) == names


def test_a_listing_that_cannot_be_completed_fails_and_is_not_believed(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    mount = mount_through(proxy)
    mount.expect_log("readdir")
    assert (mount.path / "many").is_dir()
    cut_from(proxy, FIRST_FLIGHT + 1, times=1000)
    with os.scandir(mount.path / "many") as entries:
        assert next(entries).name
        with pytest.raises(OSError):  # noqa: PT011 - whichever the line is told by
            list(entries)
    proxy.forget_hooks()
    assert sorted(os.listdir(mount.path / "many")) == names


class OpenDirectory:
    """What the C library offers to read a directory, which Python does not."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.opendir.restype = ctypes.c_void_p
        self._library.readdir.restype = ctypes.POINTER(DirectoryEntry)
        self._library.telldir.restype = ctypes.c_long
        self._stream = ctypes.c_void_p(self._library.opendir(os.fsencode(path)))
        assert self._stream

    def next_name(self) -> str | None:
        while entry := self._library.readdir(self._stream):
            if (name := entry.contents.name.decode()) not in (".", ".."):
                return name
        return None

    def names(self) -> list[str]:
        """Those that are left."""
        return list(iter(self.next_name, None))

    def rewind(self) -> None:
        self._library.rewinddir(self._stream)

    def tell(self) -> int:
        return int(self._library.telldir(self._stream))

    def seek(self, place: int) -> None:
        self._library.seekdir(self._stream, ctypes.c_long(place))

    def close(self) -> None:
        assert self._library.closedir(self._stream) == 0


class DirectoryEntry(ctypes.Structure):
    """`struct dirent` of readdir(3)."""

    _fields_ = (
        ("inode", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("length", ctypes.c_ushort),
        ("type", ctypes.c_ubyte),
        ("name", ctypes.c_char * 256),
    )


def cut_from(proxy: Proxy, number: int, *, times: int) -> None:
    """Cut the connection at a query and at those that follow."""
    seen = 0

    def cut(_: int) -> None:
        nonlocal seen
        seen += 1
        if number <= seen < number + times:
            raise Cut

    proxy.on_request(GEN_QUERY, cut)


def test_listings_that_nobody_reads_to_their_end_leave_nothing_open_in_the_zone(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(THREE_PAGES)
    mount = mount_through(proxy)
    for _ in range(MAX_STATEMENTS + 5):
        with os.scandir(mount.path / "many") as entries:
            assert next(entries).name in names
    assert sorted(os.listdir(mount.path / "many")) == names
    assert proxy.connections <= CONNECTIONS


def test_names_asked_for_one_by_one_are_listed_after_some(
    mount_through: MountThrough, proxy: Proxy, fill_many: Fill
) -> None:
    names = fill_many(FIRST_PAGE_ROWS + 500)
    mount = mount_through(proxy, "--cache-timeout", "60")
    requests = proxy.count()
    for name in names:
        assert (mount.path / "many" / name).stat().st_size == len(b"content")
        assert not (mount.path / "many" / f"no {name}").exists()
    assert requests.total() <= LOOKUP + FIRST_FLIGHT * (MANY_NAMES + 1) + 1, requests


def test_rewinding_shows_what_is_there_then(mount: Mount, fill_many: Fill) -> None:
    names = fill_many(FIRST_PAGE_ROWS)
    many = mount.path / "many"
    with contextlib.closing(OpenDirectory(many)) as directory:
        assert directory.names() == names
        (many / "new").touch()
        (many / names[0]).unlink()
        assert directory.names() == []
        directory.rewind()
        assert directory.names() == sorted({*names, "new"} - {names[0]})


def test_a_place_that_was_told_is_where_reading_goes_on(mount: Mount, fill_many: Fill) -> None:
    names = fill_many(FIRST_PAGE_ROWS + 500)
    with contextlib.closing(OpenDirectory(mount.path / "many")) as directory:
        read = [directory.next_name() for _ in range(FIRST_PAGE_ROWS)]
        place = directory.tell()
        rest = directory.names()
        directory.seek(place)
        assert directory.names() == rest
        assert sorted(read + rest) == names


def test_a_directory_that_is_renamed_while_it_is_read_is_read_on(mount: Mount, fill_many: Fill) -> None:
    names = fill_many(FIRST_PAGE_ROWS)
    with os.scandir(mount.path / "many") as entries:
        seen = [next(entries).name]
        (mount.path / "many").rename(mount.path / "renamed")
        seen += [entry.name for entry in entries]
    assert sorted(seen) == names
    assert (mount.path / "renamed" / names[-1]).stat().st_size == len(b"content")
    assert not (mount.path / "many").exists()
