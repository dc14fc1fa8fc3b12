"""What becomes of a file that is open when another client makes, rewrites, replaces or removes what has its name."""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from irods.exception import DataObjectDoesNotExist
from irods.session import iRODSSession

from tests.mount.two_clients.machines import TOLD, make_home, mounted, spool_of
from tests.mounts import Mount
from tests.objects import get, put
from tests.zones import AnyZone

BEFORE = b"what was there before\n"
THEIRS = b"their precious bytes\n"
MINE = b"mine\n"

OPENED = {
    "appending": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "appending and reading": os.O_RDWR | os.O_CREAT | os.O_APPEND,
    "emptying": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "emptying and appending": os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND,
    "changing": os.O_RDWR | os.O_CREAT,
    "writing only": os.O_WRONLY | os.O_CREAT,
    "not writing": os.O_RDWR | os.O_CREAT,
    "exclusively": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
}
CHANGES = ["made", "made a directory", "rewritten", "replaced", "removed", "replaced by a directory"]
TAKEN_BY_A_DIRECTORY = {errno.EISDIR, errno.EEXIST, errno.ESTALE, errno.EIO}


@dataclass(frozen=True)
class End:
    """What is in the zone in the end, and the errnos of which one is told; none for success."""

    content: bytes | None
    errnos: frozenset[int] = frozenset()


def ends(way: str, change: str, *, waits: bool) -> list[End]:
    """What may come of it, by the rules of `docs/semantics.md`. It `waits` when it is written back."""
    if change.endswith("directory"):
        told = End(None, frozenset(TAKEN_BY_A_DIRECTORY))
        return [told, End(None)] if way == "not writing" else [told]
    if change == "removed":
        if way == "not writing":
            return [End(None)]
        made_again = way.startswith(("emptying", "appending"))
        return [End(MINE) if made_again else End(None, frozenset({errno.ESTALE}))]
    if way == "exclusively":
        return [End(THEIRS, frozenset({errno.EEXIST}))]
    if way.startswith("emptying"):
        return [End(MINE), *([End(THEIRS, frozenset({errno.ESTALE}))] if waits else [])]
    if way.startswith("appending"):
        return [End(THEIRS + MINE)]
    if way == "not writing":
        return [End(THEIRS)]
    return [End(THEIRS, frozenset({errno.ESTALE}))]


@pytest.fixture(scope="module", params=[False, True], ids=["written through", "written back"])
def write_back(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def mount(write_back: bool, zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mount]:
    with ExitStack() as stack:
        session = stack.enter_context(zone_server.session())
        options = ["--write-back"] if write_back else []
        home = make_home(session, zone_server)
        mount = stack.enter_context(mounted(zone_server, home, tmp_path_factory.mktemp("m") / "machine", *options))
        mount.expect_log(TOLD)
        yield mount


def change(session: iRODSSession, path: str, how: str) -> None:
    """What another client does."""
    if how.startswith(("replaced", "removed")):
        session.data_objects.unlink(path, force=True)
    if how.endswith("directory"):
        session.collections.create(path)
        put(session, f"{path}/theirs", THEIRS)
    elif how != "removed":
        put(session, path, THEIRS)
    if how in ("made", "replaced"):
        session.data_objects.get(path).metadata.add("theirs", "value")


def failed(mount: Mount) -> dict[str, list[bytes]]:
    """The bytes that are kept, by path."""
    kept: dict[str, list[bytes]] = {}
    for file in spool_of(mount).glob("*/failed/*.json"):
        kept.setdefault(json.loads(file.read_text())["path"], []).append(file.with_suffix("").read_bytes())
    return kept


def content_of(session: iRODSSession, path: str) -> bytes | None:
    try:
        session.data_objects.get(path)
    except DataObjectDoesNotExist:
        return None
    return get(session, path)


def tell(call: object, *arguments: object) -> int | None:
    try:
        call(*arguments)  # type: ignore[operator]
    except OSError as error:
        return error.errno
    return None


class Descriptors:
    """Of one file; those that a test leaves open are closed, so that its mount can end."""

    def __init__(self, file: Path, flags: int) -> None:
        self.numbers = [os.open(file, flags)]

    def __enter__(self) -> Descriptors:
        return self

    def __exit__(self, *_: object) -> None:
        for number in self.numbers:
            tell(os.close, number)

    def duplicate(self) -> None:
        self.numbers.append(os.dup(self.numbers[0]))

    def close(self) -> int | None:
        """Close the oldest. Answers how that failed."""
        return tell(os.close, self.numbers.pop(0))


@pytest.mark.parametrize("synced", [False, True], ids=["closed", "synced"])
@pytest.mark.parametrize("dirty", [False, True], ids=["written after it", "written before it"])
@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("way", [way for way in OPENED if way != "exclusively"])
def test_an_open_file_meets_a_change_elsewhere(
    mount: Mount, session: iRODSSession, write_back: bool, way: str, how: str, dirty: bool, synced: bool
) -> None:
    file, path = named_anew(mount)
    if not how.startswith("made"):
        file.write_bytes(BEFORE)
        mount.written_back()
    check_meeting(mount, session, file, path, way, how, dirty=dirty, synced=synced, waits=write_back and not synced)


@pytest.mark.parametrize("synced", [False, True], ids=["closed", "synced"])
@pytest.mark.parametrize("dirty", [False, True], ids=["written after it", "written before it"])
@pytest.mark.parametrize("how", ["made", "made a directory"])
def test_what_is_made_exclusively_meets_what_was_made_elsewhere(
    mount: Mount, session: iRODSSession, write_back: bool, how: str, dirty: bool, synced: bool
) -> None:
    file, path = named_anew(mount)
    waits = write_back and not synced
    check_meeting(mount, session, file, path, "exclusively", how, dirty=dirty, synced=synced, waits=waits)


def named_anew(mount: Mount) -> tuple[Path, str]:
    name = uuid.uuid4().hex
    return mount.path / name, f"{mount.collection}/{name}"


def check_meeting(
    mount: Mount,
    session: iRODSSession,
    file: Path,
    path: str,
    way: str,
    how: str,
    *,
    dirty: bool,
    synced: bool,
    waits: bool,
) -> None:
    writes = way != "not writing"
    with Descriptors(file, OPENED[way]) as descriptors:
        if dirty and writes:
            os.write(descriptors.numbers[0], MINE)
        change(session, path, how)
        if not dirty and writes:
            os.write(descriptors.numbers[0], MINE)
        avus = avus_of(session, path) if how in ("made", "rewritten", "replaced") else None
        descriptors.duplicate()
        told = [tell(os.fsync, descriptors.numbers[0])] if synced else []
        told += [descriptors.close(), descriptors.close()]
    mount.written_back()

    found = content_of(session, path)
    fitting = [
        end
        for end in ends(way, how, waits=waits)
        if end.content == found and told_as_it_is(end, told, mount, path, writes=writes)
    ]
    assert fitting, f"{[errno.errorcode.get(each or 0) for each in told]}, {found!r}, kept: {failed(mount).get(path)}"
    if how.endswith("directory"):
        assert get(session, f"{path}/theirs") == THEIRS
    if avus is not None:
        assert avus_of(session, path) == avus


def told_as_it_is(end: End, told: list[int | None], mount: Mount, path: str, *, writes: bool) -> bool:
    """Whether a refusal was told, by a call or (what is written back) in the spool, and nothing else was."""
    errnos = {each for each in told if each is not None}
    kept = failed(mount).get(path, [])
    if not end.errnos:
        return not errnos and not any(kept)
    return errnos <= end.errnos and bool(errnos or kept) and (not writes or any(MINE in content for content in kept))


def avus_of(session: iRODSSession, path: str) -> tuple[int, set[tuple[str, str]]]:
    found = session.data_objects.get(path)
    return found.id, {(avu.name, avu.value) for avu in found.metadata.items()}


def test_what_was_made_exclusively_is_told_to_be_taken_through_every_descriptor(
    mount: Mount, session: iRODSSession
) -> None:
    file, path = named_anew(mount)
    with Descriptors(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptors:
        for _ in range(3):
            descriptors.duplicate()
        put(session, path, THEIRS)
        assert descriptors.close() == errno.EEXIST
        assert tell(os.write, descriptors.numbers[0], MINE) in (None, errno.EEXIST)
        assert tell(os.fsync, descriptors.numbers[0]) == errno.EEXIST
        assert [descriptors.close() for _ in range(3)] == [errno.EEXIST] * 3
    assert get(session, path) == THEIRS
