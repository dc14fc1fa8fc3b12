from __future__ import annotations

from pathlib import Path

from irods.session import iRODSSession

from irodsfs.filesystem.kernel import Kernel, NoKernel
from tests.filesystem.conftest import Noting
from tests.filesystem.program import Program, served
from tests.objects import put


def test_without_a_kernel_nothing_is_kept() -> None:
    kernel: Kernel = NoKernel()
    assert kernel.forget_name(1, b"a") is kernel.forget_attributes(1) is kernel.forget_inodes([1]) is None  # type: ignore[func-returns-value]


async def test_a_kernel_is_told_of_what_others_have_changed(
    session: iRODSSession, home: str, tmp_path: Path, kernel: Noting
) -> None:
    put(session, f"{home}/file", b"content")
    async with served(session, home, tmp_path, kernel=kernel) as file_system:
        assert (await Program(file_system).stat("file")).st_size == 7
        await file_system.changes.changed(f"{home}/file")
    assert (1, b"file") in kernel.names
    assert 1 in kernel.inodes
