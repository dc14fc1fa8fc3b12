"""Passwords that stop being valid while a zone is mounted."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import AddUser, MakeMount, User
from tests.control.sockets import connected
from tests.mounts import fails
from tests.proxy import Proxy
from tests.zones import AnyZone

FIRST, SECOND = "first password", "second password"


@pytest.fixture
def carol(add_user: AddUser) -> User:
    return add_user(password=FIRST)


def test_a_mount_logs_in_with_what_iinit_kept_when_the_password_has_changed(
    make_mount: MakeMount, proxy: Proxy, zone_server: AnyZone, session: iRODSSession, carol: User
) -> None:
    def iinit(password: str) -> Path:
        return zone_server.behind(proxy.port).environment_file(carol.name, password)

    mount = make_mount("--cache-timeout", "0", collection=carol.home, environment_file=iinit(FIRST))
    mount.expect_log(f"the zone refuses the password of {carol.name} by now: run irodsfs login")
    (mount.path / "file").write_bytes(b"content")
    session.users.modify(carol.name, "password", SECOND)
    assert os.listdir(mount.path) == ["file"]  # on connections that logged in before
    proxy.cut()
    with fails(errno.EACCES):
        os.listdir(mount.path)
    with fails(errno.EACCES):
        os.listdir(mount.path)
    assert mount.log.count("run irodsfs login") == 1
    assert mount.status()["login"] == f"the zone refuses {carol.name} by now: run irodsfs login"
    iinit(SECOND)
    assert os.listdir(mount.path) == ["file"]
    assert (mount.path / "file").read_bytes() == b"content"
    (mount.path / "file").unlink()
    assert mount.status()["login"] == ""
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        assert control.get(f"/collection{carol.home}").status_code == 200
