from __future__ import annotations

import errno

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.extended_attributes import ExtendedAttributes, is_virtual
from irodsfs.filesystem.parts import Parts
from tests.mounts import fails
from tests.objects import put


@pytest.fixture
def xattrs(parts: Parts, session: iRODSSession, home: str) -> ExtendedAttributes:
    put(session, f"{home}/file", b"content")
    return parts.extended_attributes


async def test_an_attribute_is_read_as_it_was_set(xattrs: ExtendedAttributes, session: iRODSSession, home: str) -> None:
    path = f"{home}/file"
    await xattrs.set(path, b"user.a", b"one")
    await xattrs.set(path, b"user.b", b'[["1","cm"],["2",""]]')
    assert await xattrs.get(path, b"user.a") == b"one"
    assert await xattrs.get(path, b"user.b") == b'[["1","cm"],["2",""]]'
    assert sorted(await xattrs.names(path)) == [b"user.a", b"user.b"]
    assert session.data_objects.get(path).metadata.get_one("a").value == "one"
    await xattrs.remove(path, b"user.a")
    with fails(errno.ENODATA):
        await xattrs.get(path, b"user.a")
    with fails(errno.ENODATA):
        await xattrs.remove(path, b"user.a")


@pytest.mark.parametrize(("name", "number"), [(b"security.x", errno.ENOTSUP), (b"system.x", errno.ENOTSUP)])
async def test_other_namespaces_are_refused(xattrs: ExtendedAttributes, home: str, name: bytes, number: int) -> None:
    for call in (xattrs.set(f"{home}/file", name, b"x"), xattrs.get(f"{home}/file", name)):
        with fails(number):
            await call


@pytest.mark.parametrize("value", [b"", b"\xff", b"x" * 2701])
async def test_what_no_zone_can_hold_is_refused(xattrs: ExtendedAttributes, home: str, value: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        await xattrs.set(f"{home}/file", b"user.a", value)
    assert await xattrs.names(f"{home}/file") == []


async def test_virtual_ones_are_never_listed_nor_removed(xattrs: ExtendedAttributes, home: str) -> None:
    assert is_virtual(b"irods.path")
    assert await xattrs.get(f"{home}/file", b"irods.path") == f"{home}/file".encode()
    assert await xattrs.names(f"{home}/file") == []
    with fails(errno.EPERM):
        await xattrs.remove(f"{home}/file", b"irods.path")
