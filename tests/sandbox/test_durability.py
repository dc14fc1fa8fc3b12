from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from irods.models import DataObject
from irods.session import iRODSSession

from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.storage.replicas import Status
from tests.sandbox.raw import RawClient, data_object, opened
from tests.zones import EmbeddedZone

HOME = f"/tempZone/home/{ADMINISTRATOR}"
CREATE = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
EACH = 25


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[EmbeddedZone]:
    with EmbeddedZone.served(tmp_path) as zone:
        yield zone


def restart(zone: EmbeddedZone) -> None:
    zone.kill()
    zone.start()


def replicas(session: iRODSSession, name: str) -> list[tuple[int, int]]:
    """Size and status of each replica."""
    rows = session.query(DataObject.size, DataObject.replica_status).filter(DataObject.name == name)
    return [(int(row[DataObject.size]), int(row[DataObject.replica_status])) for row in rows]


def begin_writing(zone: EmbeddedZone, path: str, content: bytes) -> RawClient:
    client = RawClient.connected(zone.host, zone.port, zone.password)
    assert client.call(602, data_object(path, CREATE)).int_info == 3
    assert client.call(676, opened(3, len(content)), content).int_info == len(content)
    return client


def test_a_zone_killed_during_a_write_comes_back_with_a_stale_replica_of_what_had_arrived(zone: EmbeddedZone) -> None:
    client = begin_writing(zone, f"{HOME}/object", b"half")
    restart(zone)
    client.close()
    with zone.session() as session:
        assert replicas(session, "object") == [(4, Status.STALE)]
        with session.data_objects.open(f"{HOME}/object", "w") as file:
            file.write(b"whole again")
        assert replicas(session, "object") == [(11, Status.GOOD)]


def test_siblings_of_a_replica_that_was_being_written_are_as_before_after_a_crash(zone: EmbeddedZone) -> None:
    with zone.session() as session:
        session.resources.create("other", "unixfilesystem", session.host, str(zone.directory / "other"))
        with session.data_objects.open(f"{HOME}/object", "w") as file:
            file.write(b"content")
        session.data_objects.replicate(f"{HOME}/object", "other")
    client = begin_writing(zone, f"{HOME}/object", b"new")
    with zone.session() as session:
        assert sorted(replicas(session, "object")) == [(0, Status.INTERMEDIATE), (7, Status.WRITE_LOCKED)]
    restart(zone)
    client.close()
    with zone.session() as session:
        assert sorted(replicas(session, "object")) == [(3, Status.STALE), (7, Status.GOOD)]


def test_what_was_closed_survives_a_crash(zone: EmbeddedZone) -> None:
    with zone.session() as session:
        session.collections.create(f"{HOME}/collection")
        with session.data_objects.open(f"{HOME}/collection/object", "w") as file:
            file.write(b"content")
        session.data_objects.move(f"{HOME}/collection/object", f"{HOME}/renamed")
    restart(zone)
    with zone.session() as session, session.data_objects.open(f"{HOME}/renamed", "r") as file:
        assert file.read() == b"content"


def test_a_zone_killed_among_many_writers_comes_back_consistent(zone: EmbeddedZone) -> None:
    started = threading.Semaphore(0)

    def work(number: int) -> None:
        with suppress(AssertionError, OSError), RawClient.connected(zone.host, zone.port, zone.password) as client:
            for turn in range(1000):
                begin = data_object(f"{HOME}/{number}-{turn}", CREATE)
                assert client.call(602, begin).int_info == 3
                assert client.call(676, opened(3, 4), b"data").int_info == 4
                assert client.call(673, opened(3)).int_info == 0
                started.release()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert started.acquire(timeout=60)
    restart(zone)
    for thread in threads:
        thread.join()
    with zone.session() as session:
        rows = list(session.query(DataObject.path, DataObject.size, DataObject.replica_status))
        assert len(rows) >= 20
        for row in rows:
            assert Path(row[DataObject.path]).stat().st_size == row[DataObject.size]
            assert int(row[DataObject.replica_status]) in (Status.GOOD, Status.STALE)


def test_a_zone_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "catalog.new").write_bytes(b"left by a crash")
    zone = Zone.create(tmp_path)
    assert zone.connect().value("SELECT count(*) FROM R_USER_MAIN") == 2
    with pytest.raises(FileExistsError):
        Zone.create(tmp_path)


def test_a_zone_is_its_owners_alone(tmp_path: Path) -> None:
    zone = Zone.create(tmp_path / "zone")
    assert zone.directory.stat().st_mode & 0o777 == 0o700
    assert zone.vault.stat().st_mode & 0o777 == 0o700


def test_a_directory_without_a_zone_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Zone.open(tmp_path)


def test_renames_and_creations_side_by_side_lose_no_bytes(zone: EmbeddedZone) -> None:
    """One gives a name up while another takes it: the file of the first goes, the one of the second stays."""
    made: list[str] = []
    failures: list[BaseException] = []

    def work(number: int) -> None:
        with RawClient.connected(zone.host, zone.port, zone.password) as client:
            renamed = 0
            while renamed < EACH and not failures:
                name = f"{HOME}/kept-{number}-{renamed}"
                opening = client.call(602, data_object(f"{HOME}/shared", os.O_CREAT | os.O_EXCL | os.O_WRONLY)).int_info
                if opening != 3:
                    continue
                assert client.call(676, opened(3, len(name)), name.encode()).int_info == len(name)
                assert client.call(673, opened(3)).int_info == 0
                renaming = Struct(
                    "DataObjCopyInp_PI",
                    ("DataObjInp_PI", data_object(f"{HOME}/shared")),
                    ("DataObjInp_PI", data_object(name)),
                )
                assert client.call(627, renaming).int_info == 0
                made.append(name)
                renamed += 1

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(made) == len(threads) * EACH
    with zone.session() as session:
        for name in made:
            with session.data_objects.open(name, "r") as file:
                assert len(file.read()) == len(name)
