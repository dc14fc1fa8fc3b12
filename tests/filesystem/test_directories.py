from __future__ import annotations

from irods.session import iRODSSession

from irodsfs.filesystem.directories import Directory
from irodsfs.filesystem.parts import Parts
from tests.filesystem.program import Program
from tests.objects import put

NAMES = ["a", "b", "c"]


async def opened(parts: Parts, home: str) -> Directory:
    return Directory(parts.caches.catalog, parts.repair, await parts.caches.catalog.read(home))


async def test_names_are_shown_once_from_any_position_on(parts: Parts, session: iRODSSession, home: str) -> None:
    for name in NAMES:
        put(session, f"{home}/{name}", b"")
    directory = await opened(parts, home)
    shown = list(await directory.after(0))
    assert [each.name for each in shown] == NAMES
    assert [each.path for each in shown] == [f"{home}/{name}" for name in NAMES]
    assert [each.name for each in await directory.after(shown[0].position)] == ["b", "c"]
    assert list(await directory.after(shown[-1].position)) == []
    directory.close()


async def test_what_is_removed_meanwhile_is_not_shown_and_a_restart_shows_what_is_new(
    parts: Parts, session: iRODSSession, home: str
) -> None:
    for name in NAMES:
        put(session, f"{home}/{name}", b"")
    directory = await opened(parts, home)
    first = next(iter(await directory.after(0)))
    await parts.tree.remove_object(f"{home}/b")
    assert [each.name for each in await directory.after(first.position)] == ["c"]
    await parts.tree.make_collection(f"{home}/d")
    assert sorted(each.name for each in await directory.after(0)) == ["a", "c", "d"]
    directory.close()


async def test_a_program_sees_what_is_there(program: Program, session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/dir")
    put(session, f"{home}/it's", b"")
    assert sorted(await program.listdir("")) == ["dir", "it's"]
    assert await program.listdir("dir") == []
