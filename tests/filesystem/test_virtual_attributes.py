from __future__ import annotations

import errno
import json

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.extended_attributes import ExtendedAttributes
from irodsfs.filesystem.parts import Parts
from tests.mounts import fails
from tests.objects import put


@pytest.fixture
def xattrs(parts: Parts, session: iRODSSession, home: str) -> ExtendedAttributes:
    put(session, f"{home}/file", b"content")
    session.collections.create(f"{home}/dir/below")
    put(session, f"{home}/dir/file", b"1234")
    return parts.extended_attributes


async def test_what_the_zone_knows_of_an_object(xattrs: ExtendedAttributes, session: iRODSSession, home: str) -> None:
    path, known = f"{home}/file", session.data_objects.get(f"{home}/file")
    expected = {"path": path, "id": str(known.id), "type": "data_object", "owner": f"{session.username}#{session.zone}"}
    for name, value in expected.items():
        assert (await xattrs.get(path, f"irods.{name}".encode())).decode() == value
    (replica,) = json.loads(await xattrs.get(path, b"irods.replicas"))
    assert (replica["number"], replica["status"], replica["size"]) == (0, "good", 7)
    for name in (b"irods.checksum", b"irods.rbytes", b"irods.nothing"):
        with fails(errno.ENODATA):
            await xattrs.get(path, name)
    await xattrs.set(path, b"irods.checksum", b"compute")
    assert (await xattrs.get(path, b"irods.checksum")).startswith(b"sha2:")


async def test_sums_of_a_collection(xattrs: ExtendedAttributes, home: str) -> None:
    sums = [await xattrs.get(home, name) for name in (b"irods.rbytes", b"irods.rfiles", b"irods.rdirs")]
    assert sums == [b"11", b"2", b"2"]


async def test_permissions_and_avus_are_set_as_a_whole(xattrs: ExtendedAttributes, home: str) -> None:
    await xattrs.set(home, b"irods.inherit", b"true")
    assert await xattrs.get(home, b"irods.inherit") == b"true"
    acl = await xattrs.get(f"{home}/file", b"irods.acl")
    await xattrs.set(f"{home}/file", b"irods.acl", acl)
    assert await xattrs.get(f"{home}/file", b"irods.acl") == acl
    await xattrs.set(f"{home}/file", b"irods.avu", b'[["a", "1", "cm"], ["b", "2"]]')
    assert json.loads(await xattrs.get(f"{home}/file", b"irods.avu")) == [["a", "1", "cm"], ["b", "2", ""]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"irods.acl", b"x"),
        (b"irods.acl", b'[{"user": "a"}]'),
        (b"irods.acl", b'[{"user": "a", "level": "much"}]'),
        (b"irods.avu", b"{}"),
        (b"irods.avu", b'[["a"]]'),
        (b"irods.inherit", b"true"),
        (b"irods.checksum", b"x"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    xattrs: ExtendedAttributes, home: str, name: bytes, value: bytes
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await xattrs.set(f"{home}/file", name, value)


async def test_what_can_not_be_set_is_told(xattrs: ExtendedAttributes, home: str) -> None:
    with fails(errno.EPERM):
        await xattrs.set(f"{home}/file", b"irods.id", b"1")
