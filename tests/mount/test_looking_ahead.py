"""What is fetched ahead of, or beside, what was asked for may fail in any way: what was asked for is there."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.catalog.catalog import MANY_NAMES
from irodsfs.filesystem.prefetcher import AHEAD, WALK
from irodsfs.grid.queries import FIRST_PAGE_ROWS
from tests.mount.conftest import MountThrough
from tests.objects import put
from tests.populating import fill, grow
from tests.proxy import Cut, Proxy
from tests.zones import EmbeddedZone

QUERY = api_number["GEN_QUERY_AN"]
OPEN = api_number["DATA_OBJ_OPEN_AN"]
AVU_COLUMNS = (b"<inx>601</inx>", b"<inx>611</inx>")
"""Names of AVUs of data objects, and of collections."""

PATIENCE = 60
TIME_LIMIT = ("--timeout", "4")
"""Of which a part is waited for what nobody asked for."""

Matching = Callable[[bytes], bool]


def refused(content: bytes) -> bytes:
    """The request with an operator, or a path, that the zone does not have."""
    return re.sub(
        rb"(<svalue>|<objPath>)[^< ]+", lambda found: found[1] + b"x" * (len(found[0]) - len(found[1])), content
    )


class Failing:
    """Lets requests fail whose content matches, in one of three ways."""

    def __init__(self, proxy: Proxy, way: str) -> None:
        self.count = 0
        self._proxy = proxy
        self._way = way
        self._ended = threading.Event()

    def begin(self, matches: Matching, api: int = QUERY) -> None:
        self._proxy.on_content(api, lambda content: self._fail(content) if matches(content) else content)

    def end(self) -> None:
        self._ended.set()

    def _fail(self, content: bytes) -> bytes:
        self.count += 1
        if self._way == "stalled":
            assert self._ended.wait(PATIENCE)
        if self._way == "cut":
            raise Cut
        return refused(content)


@pytest.fixture(params=["refused", "cut", "stalled"])
def failing(request: pytest.FixtureRequest, proxy: Proxy) -> Iterator[Failing]:
    failing = Failing(proxy, request.param)
    yield failing
    failing.end()


def is_small_listing(content: bytes) -> bool:
    """Whether this is a query for a whole collection that is answered only when that is small."""
    return names_one_thing(content) and b"<options>256</options>" in content


def is_listing(content: bytes, path: str) -> bool:
    return names_one_thing(content) and f"'{path}'".encode() in content


def names_one_thing(content: bytes) -> bool:
    """Whether a query is for one path or name; those of ordinary users also list ids, for what they may see."""
    return content.count(b"<svalue>= ") == 1


@pytest.mark.parametrize("condition", [b"<svalue>in ('/", b"<svalue>like '/"], ids=["siblings", "subtree"])
def test_a_listing_comes_alone_when_what_is_around_it_does_not(
    mount_through: MountThrough,
    proxy: Proxy,
    embedded_zone: EmbeddedZone,
    session: iRODSSession,
    home: str,
    failing: Failing,
    condition: bytes,
) -> None:
    names = [f"c{number}" for number in range(8)]
    grow(embedded_zone, session, f"{home}/tree", [*names, *(f"{name}/below" for name in names)], 2)
    mount = mount_through(proxy, *TIME_LIMIT)
    failing.begin(lambda content: condition in content)
    assert sorted(os.listdir(mount.path / "tree")) == [*names, "object"]
    for name in names:
        assert sorted(os.listdir(mount.path / "tree" / name)) == ["below", "object0000", "object0001"]
        assert sorted(os.listdir(mount.path / "tree" / name / "below")) == ["object0000", "object0001"]
    assert failing.count


def test_a_name_is_found_alone_when_its_collection_is_not_listed(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, failing: Failing
) -> None:
    session.collections.create(f"{home}/c")
    put(session, f"{home}/c/file", b"content")
    mount = mount_through(proxy, *TIME_LIMIT)
    failing.begin(is_small_listing)
    assert (mount.path / "c" / "file").read_bytes() == b"content"
    assert not (mount.path / "c" / "missing").exists()
    assert failing.count


def test_names_in_a_large_collection_are_found_when_it_is_not_listed_as_a_whole(
    mount_through: MountThrough,
    proxy: Proxy,
    embedded_zone: EmbeddedZone,
    session: iRODSSession,
    home: str,
    failing: Failing,
) -> None:
    names = fill(embedded_zone, session, f"{home}/many", FIRST_PAGE_ROWS + 1)
    mount = mount_through(proxy, *TIME_LIMIT)
    assert (mount.path / "many" / names[0]).exists()
    failing.begin(lambda content: is_listing(content, f"{home}/many"))
    for name in names[1 : 2 * MANY_NAMES]:
        assert (mount.path / "many" / name).stat().st_size == len(b"content")
    assert failing.count


def test_attributes_are_read_alone_when_those_of_all_others_are_not(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, failing: Failing
) -> None:
    for name in ("a", "b", "c"):
        put(session, f"{home}/{name}", b"")
        session.data_objects.get(f"{home}/{name}").metadata.add("colour", name)
    mount = mount_through(proxy, *TIME_LIMIT)
    assert sorted(os.listdir(mount.path)) == ["a", "b", "c"]
    failing.begin(lambda content: is_listing(content, home) and any(column in content for column in AVU_COLUMNS))
    for name in ("a", "b", "c"):
        assert os.getxattr(mount.path / name, "user.colour") == name.encode()
    assert failing.count


def test_files_are_read_when_they_could_not_be_read_ahead(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, failing: Failing
) -> None:
    names = [f"file{number:02}" for number in range(WALK + AHEAD)]
    for name in names:
        put(session, f"{home}/{name}", name.encode())
    mount = mount_through(proxy, *TIME_LIMIT)
    assert sorted(os.listdir(mount.path)) == names
    opened: set[bytes] = set()

    def is_first(content: bytes) -> bool:
        """Those ahead are opened for the first time before a program asks for them."""
        path = content.partition(b"<objPath>")[2].partition(b"<")[0]
        first = path not in opened
        opened.add(path)
        return first and not path.endswith(tuple(name.encode() for name in names[:WALK]))

    failing.begin(is_first, OPEN)
    for name in names:
        assert (mount.path / name).read_bytes() == name.encode()
    assert failing.count


def test_a_collection_of_very_many_entries_leaves_those_beside_it_readable(
    mount_through: MountThrough, proxy: Proxy, embedded_zone: EmbeddedZone, session: iRODSSession
) -> None:
    root = f"{embedded_zone.home}/t"  # short, so that many paths go into one condition
    names = [f"{letter}{number:02}" for letter in "abcxyz" for number in range(50)]
    grow(embedded_zone, session, root, names, 1)
    fill(embedded_zone, session, f"{root}/many", 60_000)
    mount = mount_through(proxy, "--cache-timeout", "1", "--collection", root)
    conditions: list[bytes] = []
    proxy.on_content(QUERY, lambda content: conditions.extend(re.findall(rb"<svalue>in [^<]*", content)) or content)
    for _ in range(2):
        assert counted(mount.path) == len(names) + 60_000 + 1
        assert os.listdir(mount.path / names[0]) == ["object0000"]
    assert conditions
    assert b"<svalue>in ()" not in conditions


def counted(path: Path) -> int:
    """How many files `find` sees."""
    found = subprocess.run(["find", path, "-type", "f"], check=True, capture_output=True, text=True)
    return len(found.stdout.splitlines())
