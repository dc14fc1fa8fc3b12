"""Programs on two machines save the same file at once, by a rename each, while others read it all the time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from irods.exception import HIERARCHY_ERROR
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.objects import get
from tests.rounds import ROUNDS, SECONDS
from tests.zones import AnyZone

MEGABYTE = 1 << 20
PATIENCE = 60

pytestmark = pytest.mark.timeout(SECONDS)


def version(machine: int, number: int) -> bytes:
    """What a machine saves in a round: as much as python-irodsclient reads at once, and always of one length."""
    return f"machine {machine} round {number:6}\n".encode() * 100


def is_version(content: bytes | bytearray) -> bool:
    line = bytes(content[:23])
    return content == line * 100 and line.startswith(b"machine ")


class Reader:
    """Reads again and again in a thread, and keeps what it should not have seen."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._ended = threading.Event()
        self.reads = 0
        self.trouble: list[str] = []

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                content = self._read()
            except HIERARCHY_ERROR:
                continue  # the lock of the moment, for which python-irodsclient does not wait
            except Exception as error:
                self.trouble.append(repr(error))
                continue
            self.reads += 1
            if not is_version(content):
                self.trouble.append(f"{len(content)} bytes: {content[:50]!r} … {content[-50:]!r}")

    def end(self) -> None:
        self._ended.set()


@contextmanager
def reading(*reads: Callable[[], bytes]) -> Iterator[list[Reader]]:
    readers = [Reader(read) for read in reads]
    with ThreadPoolExecutor(len(readers)) as threads:
        for reader in readers:
            threads.submit(reader.run)
        try:
            yield readers
        finally:
            for reader in readers:
                reader.end()


def seen_by_stat(path: Path) -> bytes:
    """The content, after a look at the name and at the size."""
    assert path.exists()
    assert path.stat().st_size > 0
    return path.read_bytes()


def test_nobody_ever_misses_what_two_machines_save_at_once(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    places = [make_mount().path for _ in range(2)]
    third = make_mount().path
    (places[0] / "file").write_bytes(version(0, 0))
    with ExitStack() as stack:
        plain = stack.enter_context(zone_server.session())
        threads = stack.enter_context(ThreadPoolExecutor(2))
        saving = threading.Barrier(2)

        def save(machine: int, number: int) -> None:
            temporary = places[machine] / f".file.{machine}.{number}"
            temporary.write_bytes(version(machine, number))
            saving.wait(PATIENCE)
            temporary.replace(places[machine] / "file")

        first = session.data_objects.get(f"{home}/file").id
        with reading(lambda: seen_by_stat(third / "file"), lambda: get(plain, f"{home}/file")) as readers:
            for number in range(ROUNDS):
                both = [threads.submit(save, machine, number) for machine in range(2)]
                for each in both:
                    each.result(PATIENCE)
                assert get(session, f"{home}/file") in (version(0, number), version(1, number))
        for reader in readers:
            assert not reader.trouble
            assert reader.reads > ROUNDS / 2
        assert session.data_objects.get(f"{home}/file").id == first
        assert [each.name for each in session.collections.get(home).data_objects] == ["file"]
    # What another machine had beside the file may show for as long as listings are believed.
    for machine, place in enumerate(places):
        assert not [name for name in os.listdir(place) if name.startswith(f".file.{machine}")]
