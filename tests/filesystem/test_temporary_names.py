from __future__ import annotations

import time

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.temporary_names import (
    LONGEST_NAME,
    MOVED,
    REPLACED,
    TemporaryName,
    drop_name,
    keep_name,
    kept_name,
    lacks_name,
    temporary_path,
)
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.mark.parametrize("purpose", [MOVED, REPLACED])
@pytest.mark.parametrize("name", ["file", "a-b\nc", "ü" * 100])
def test_a_temporary_name_tells_what_it_is_for(purpose: str, name: str) -> None:
    path = temporary_path(f"/z/d/{name}", purpose)
    assert path.startswith("/z/d/.irodsfs-")
    known = TemporaryName.parse(path.removeprefix("/z/d/"))
    assert known is not None
    assert (known.purpose, known.name) == (purpose, name)
    assert abs(known.since - time.time()) < 60
    assert path != temporary_path(f"/z/d/{name}", purpose)
    assert not lacks_name(path)


def test_where_there_is_no_room_the_name_is_left_out() -> None:
    path = temporary_path(f"/z/{'n' * LONGEST_NAME}", MOVED)
    assert len(path) - len("/z/") <= LONGEST_NAME
    assert lacks_name(path)


@pytest.mark.parametrize("name", ["file", ".irodsfs-", ".irodsfs-replaced-x-file", ".irodsfs-other-0123456789abcdef-a"])
def test_other_names_are_no_temporary_ones(name: str) -> None:
    assert TemporaryName.parse(name) is None
    assert not lacks_name(f"/z/{name}")


async def test_a_name_is_kept_with_its_entry(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")
    assert await kept_name(entered, f"{home}/file", is_collection=False) is None
    await entered.perform(keep_name(f"{home}/file", "it's", is_collection=False))
    assert await kept_name(entered, f"{home}/file", is_collection=False) == "it's"
    await entered.perform(drop_name(f"{home}/file", "it's", is_collection=False))
    assert await kept_name(entered, f"{home}/file", is_collection=False) is None


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/etc"])
async def test_a_kept_name_that_leads_elsewhere_is_none(
    entered: Zone, session: iRODSSession, home: str, name: str
) -> None:
    put(session, f"{home}/file", b"")
    await entered.perform(keep_name(f"{home}/file", name, is_collection=False))
    assert await kept_name(entered, f"{home}/file", is_collection=False) is None
