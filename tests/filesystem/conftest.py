from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.config.models import MountConfig, ZoneAccount
from irodsfs.filesystem.parts import Parts, parts_of
from irodsfs.grid.zone import Zone
from tests.filesystem.program import Program, served
from tests.grid.conftest import entered_through, proxy

__all__ = ["entered_through", "proxy"]

MakeParts = Callable[..., Parts]


class Noting:
    """A kernel that keeps nothing, and notes what it is to forget."""

    def __init__(self) -> None:
        self.names: list[tuple[int, bytes]] = []
        self.attributes: list[int] = []
        self.inodes: list[int] = []

    def forget_name(self, parent: int, name: bytes) -> None:
        self.names.append((parent, name))

    def forget_attributes(self, number: int) -> None:
        self.attributes.append(number)

    def forget_inodes(self, numbers: Sequence[int]) -> None:
        self.inodes += numbers


@pytest.fixture
def kernel() -> Noting:
    return Noting()


@pytest.fixture
def make_parts(session: iRODSSession, home: str, tmp_path: Path, kernel: Noting) -> MakeParts:
    """Puts the parts of a file system on the test's collection together, in a zone that was entered."""

    def make(zone: Zone, **settings: object) -> Parts:
        account = ZoneAccount(host=session.host, port=session.port, user=session.username, zone=session.zone)
        spool = tmp_path / "spool"
        config = MountConfig(account=account, mountpoint=tmp_path, collection=home, spool_directory=spool, **settings)
        return parts_of(zone, config, kernel, tmp_path / "control.sock")

    return make


@pytest.fixture
def parts(make_parts: MakeParts, entered: Zone) -> Parts:
    return make_parts(entered)


@pytest.fixture
async def program(session: iRODSSession, home: str, tmp_path: Path) -> AsyncIterator[Program]:
    """A program on a file system of the test's collection."""
    async with served(session, home, tmp_path) as file_system:
        yield Program(file_system)
