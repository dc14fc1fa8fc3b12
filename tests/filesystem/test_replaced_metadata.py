from __future__ import annotations

import pytest
from irods.meta import iRODSMeta
from irods.session import iRODSSession

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.replaced_metadata import SAVED_WITHIN, ReplacedMetadata
from irodsfs.grid.metadata import Avu, read_avus
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.fixture
def paths(session: iRODSSession, home: str) -> tuple[str, str]:
    """A file, which is new, and its backup, which has AVUs."""
    for name in ("file", "file~"):
        put(session, f"{home}/{name}", b"")
    for name, value in (("a", "1"), ("own", "2")):
        session.data_objects.get(f"{home}/file~").metadata.add(iRODSMeta(name, value))
    return f"{home}/file", f"{home}/file~"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def subject(zone: Zone, *, enabled: bool = True, clock: Clock | None = None) -> ReplacedMetadata:
    avus = Avus(zone, Catalog(zone, 60.0), 60.0)
    return ReplacedMetadata(zone, avus, enabled=enabled, personal={"own"}, clock=clock or Clock())


async def test_what_is_new_takes_over_from_its_backup_what_is_not_personal(
    entered: Zone, paths: tuple[str, str]
) -> None:
    (path, backup), replaced = paths, subject(entered)
    replaced.renamed(path, backup)
    assert replaced.is_due(path)
    await replaced.take_over(path, path)
    assert await read_avus(entered, path, is_collection=False) == [Avu("a", "1")]
    assert not replaced.is_due(path)


async def test_a_backup_counts_for_a_moment_and_by_its_name(entered: Zone, home: str) -> None:
    clock = Clock()
    replaced = subject(entered, clock=clock)
    replaced.renamed(f"{home}/file", f"{home}/other")
    assert not replaced.is_due(f"{home}/file")
    replaced.renamed(f"{home}/file", f"{home}/file.bak")
    assert replaced.is_due(f"{home}/file")
    clock.now = SAVED_WITHIN + 1
    assert not replaced.is_due(f"{home}/file")


async def test_what_has_avus_of_its_own_takes_over_nothing(entered: Zone, paths: tuple[str, str]) -> None:
    path, backup = paths
    known, predecessor = await subject(entered).known_of(path, backup)
    assert len(await subject(entered).given(path, known, predecessor)) == 1
    assert await subject(entered, enabled=False).given(path, known, predecessor) == []
    assert await subject(entered).given(backup, predecessor, predecessor) == []
    assert predecessor.has("own")
    assert known.is_owned_by(entered.identity.ids)
