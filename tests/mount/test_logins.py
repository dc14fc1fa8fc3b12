"""Passwords that stop being valid while a zone is mounted."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mounts import fails
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

USER, FIRST, SECOND = "carol", "first password", "second password"


@pytest.fixture
def carol(session: iRODSSession) -> Iterator[str]:
    """A user, and its home collection."""
    session.users.create(USER, "rodsuser")
    session.users.modify(USER, "password", FIRST)
    yield f"/{session.zone}/home/{USER}"
    session.users.remove(USER)


def test_a_mount_logs_in_with_what_iinit_kept_when_the_password_has_changed(
    make_mount: MakeMount, proxy: Proxy, zone_server: EmbeddedZone, session: iRODSSession, carol: str
) -> None:
    def iinit(password: str) -> Path:
        return zone_server.environment_file(USER, password, irods_port=proxy.port)

    mount = make_mount("--cache-timeout", "0", collection=carol, environment_file=iinit(FIRST))
    mount.expect_log(f"the zone refuses the password of {USER} by now: run iinit")
    (mount.path / "file").write_bytes(b"content")
    session.users.modify(USER, "password", SECOND)
    assert os.listdir(mount.path) == ["file"]  # on connections that logged in before
    proxy.cut()
    with fails(errno.EACCES):
        os.listdir(mount.path)
    assert "run iinit" in mount.log
    iinit(SECOND)
    assert os.listdir(mount.path) == ["file"]
    assert (mount.path / "file").read_bytes() == b"content"
    (mount.path / "file").unlink()
