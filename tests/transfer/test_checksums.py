"""Checksums in the schemes that the environment asks for and allows."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.transfer.checksums import (
    SCHEMES,
    ChecksumMismatchError,
    ChecksumRefusedError,
    HashPolicy,
    scheme_of,
    verify,
)
from tests.filesystem.program import Program, served

CONTENT = b"asdf1234ASDF!@#$"
CHECKSUMS = {
    "md5": "70f597ce53373700ba5e5dfc892bac59",
    "sha1": "sha1:w4pAayodnxhmStdLObUARZUQu68=",
    "sha256": "sha2:jwyFBi2ugt4geZKPMJzJlE8eQ/M8qLpAbKNzS0uUBG4=",
    "sha512": "sha512:oOcXC8A34DybRSivQjyGExYLzEmHXzh0KUtZZzE72EDQ3lTcWhOkF0XmLkzX85QrJT80Ral+v4/zDQthDvoj8A==",
    "adler32": "adler32:28b8042f",
}
SIZES = [1000, 9 * 1024 * 1024]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_content_is_compared_in_each_scheme(scheme: str) -> None:
    checksum = CHECKSUMS[scheme]
    verify("/z/file", checksum, [CONTENT[:5], CONTENT[5:]])
    with pytest.raises(ChecksumMismatchError):
        verify("/z/file", checksum, [CONTENT[:-1]])
    assert scheme_of(checksum) == scheme
    assert scheme_of(HashPolicy(scheme).example) == scheme


def test_what_is_strict_takes_only_its_scheme_and_without_one_the_usual() -> None:
    HashPolicy("md5", strict=True).check("/z/file", CHECKSUMS["md5"])
    HashPolicy(strict=True).check("/z/file", CHECKSUMS["sha256"])
    HashPolicy("md5").check("/z/file", CHECKSUMS["sha512"])
    for policy, other in [(HashPolicy("sha256", strict=True), "md5"), (HashPolicy(strict=True), "sha512")]:
        with pytest.raises(ChecksumRefusedError, match=f"the scheme {other}.*only sha256") as refused:
            policy.check("/z/file", CHECKSUMS[other])
        assert refused.value.errno == errno.EIO


@pytest.mark.parametrize("size", SIZES)
async def test_checksums_are_registered_in_the_scheme_that_is_asked_for(
    session: iRODSSession, home: str, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    async with served(session, home, tmp_path, environment={"default_hash_scheme": "MD5"}, checksum=True) as fs:
        program = Program(fs)
        for more in (content, b"more"):
            file = await program.open("file", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            await program.write(file, more)
            await program.close(file)
    whole = hashlib.md5(content + b"more", usedforsecurity=False).hexdigest()
    assert session.data_objects.get(f"{home}/file").checksum == whole


async def test_where_no_scheme_is_named_the_zone_chooses(session: iRODSSession, home: str, tmp_path: Path) -> None:
    with session.data_objects.open(f"{home}/file", "w") as stream:
        stream.write(b"before")
    chosen = session.data_objects.chksum(f"{home}/file")
    async with served(session, home, tmp_path, checksum=True) as fs:
        program = Program(fs)
        file = await program.open("new", os.O_WRONLY | os.O_CREAT)
        await program.write(file, b"before")
        await program.close(file)
    assert session.data_objects.get(f"{home}/new").checksum == chosen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("policy", "scheme"), [("strict", "SHA256"), ("strict", "MD5"), ("compatible", "SHA256")])
async def test_a_registered_checksum_of_another_scheme_is_refused_where_the_policy_is_strict(
    session: iRODSSession, home: str, tmp_path: Path, size: int, policy: str, scheme: str
) -> None:
    content = os.urandom(size)
    with session.data_objects.open(f"{home}/file", "w", regChksum=CHECKSUMS["md5"]) as stream:
        stream.write(content)
    is_refused = policy == "strict" and scheme != "MD5"
    environment = {"default_hash_scheme": scheme, "match_hash_policy": policy}
    async with served(session, home, tmp_path, environment=environment, verify=True) as fs:
        program = Program(fs)
        with pytest.raises(ChecksumRefusedError) if is_refused else nullcontext():
            file = await program.open("file", os.O_RDONLY)
            assert await program.read(file, 0, 1000) == content[:1000]
            await program.close(file)
