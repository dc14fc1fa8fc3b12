from __future__ import annotations

import pytest
from irods.meta import iRODSMeta
from irods.session import iRODSSession

from tests.filesystem.program import Program
from tests.objects import get, put


@pytest.mark.parametrize(
    ("before", "after"), [(b"a longer content", b"short"), (b"short", b"a longer content"), (b"content", b"")]
)
async def test_saving_by_a_rename_keeps_the_object_that_has_the_name(
    program: Program, session: iRODSSession, home: str, before: bytes, after: bytes
) -> None:
    put(session, f"{home}/file", before)
    put(session, f"{home}/new", after)
    known = session.data_objects.get(f"{home}/file")
    await program.rename("new", "file")
    assert get(session, f"{home}/file") == after
    assert session.data_objects.get(f"{home}/file").id == known.id
    assert not session.data_objects.exists(f"{home}/new")


async def test_what_the_zone_knew_of_it_stays(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"old")
    session.data_objects.get(f"{home}/file").metadata.add(iRODSMeta("a", "1"))
    put(session, f"{home}/new", b"new")
    await program.utime("new", 1_234_567_890 * 10**9)
    await program.rename("new", "file")
    found = session.data_objects.get(f"{home}/file")
    assert found.metadata.get_one("a").value == "1"
    assert int(found.modify_time.timestamp()) == 1_234_567_890


async def test_a_registered_checksum_goes_along(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"old")
    put(session, f"{home}/new", b"new")
    checksum = session.data_objects.chksum(f"{home}/new")
    await program.rename("new", "file")
    assert session.data_objects.get(f"{home}/file").checksum == checksum
