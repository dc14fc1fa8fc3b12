from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.catalog_entries import find
from irodsfs.grid.posix_avus import MODE, SYMLINK, make_link, modes, set_mode, targets
from irodsfs.grid.zone import Zone
from tests.objects import get, put


def test_what_is_no_mode_is_left_out() -> None:
    rows = [("1", MODE, "0640"), ("2", MODE, "9"), ("3", MODE, "07777"), ("x", MODE, "0640"), ("4", SYMLINK, "0640")]
    assert modes(rows) == {1: 0o640}


def test_an_object_may_be_said_to_be_several_links() -> None:
    rows = [("1", SYMLINK, "a"), ("1", SYMLINK, "b"), ("2", MODE, "0640"), ("", SYMLINK, "c")]
    assert targets(rows) == {1: ["a", "b"]}


@pytest.mark.parametrize("is_collection", [False, True])
async def test_a_mode_is_kept_whatever_was_kept_before(
    entered: Zone, session: iRODSSession, home: str, is_collection: bool
) -> None:
    path = f"{home}/entry"
    if is_collection:
        session.collections.create(path)
    else:
        put(session, path, b"")
    for mode in (0o640, 0o7777, 0):
        await entered.perform(set_mode(path, mode, is_collection=is_collection))
        entry = await find(entered, path, posix=True)
        assert entry is not None
        assert entry.mode == mode
    plain = await find(entered, path)
    assert plain is not None
    assert plain.mode is None


async def test_a_link_is_an_object_that_holds_its_target(entered: Zone, session: iRODSSession, home: str) -> None:
    await entered.perform(*make_link(f"{home}/link", "../to/ü", resource=None))
    entry = await find(entered, f"{home}/link", posix=True)
    assert entry is not None
    assert entry.link_target == "../to/ü"
    assert get(session, f"{home}/link") == "../to/ü".encode()


async def test_an_avu_alone_makes_no_link(entered: Zone, session: iRODSSession, home: str) -> None:
    await entered.perform(*make_link(f"{home}/link", "target", resource=None))
    put(session, f"{home}/link", b"other bytes")
    entry = await find(entered, f"{home}/link", posix=True)
    assert entry is not None
    assert entry.link_target is None
