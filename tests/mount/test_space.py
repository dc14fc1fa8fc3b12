"""What `df` shows: the quota of the mount's user, as far as iRODS 5 has any."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import AddGroup, AddUser, MakeMount
from tests.mounts import Mount
from tests.zones import AnyZone, EmbeddedZone

MEGABYTE = 1 << 20


def test_df_shows_the_tightest_quota_of_the_users_groups(
    make_mount: MakeMount,
    zone_server: AnyZone,
    session: iRODSSession,
    resource: str,
    add_user: AddUser,
    add_group: AddGroup,
) -> None:
    user = add_user()
    group = add_group(user.name)
    environment = zone_server.environment_file(user.name, user.password)
    mount = make_mount("--resource", resource, collection=user.home, environment_file=environment)
    assert os.statvfs(mount.path).f_blocks * 4096 == 1 << 60
    session.groups.set_quota(group, 100 * MEGABYTE)
    room = os.statvfs(mount.path)
    assert (room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize) == (100 * MEGABYTE, 100 * MEGABYTE)
    (mount.path / "file").write_bytes(bytes(30 * MEGABYTE))
    session.users.calculate_usage()
    room = os.statvfs(mount.path)
    assert (room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize) == (100 * MEGABYTE, 70 * MEGABYTE)
    session.groups.set_quota(group, 20 * MEGABYTE, resource=resource)
    session.users.calculate_usage()
    room = os.statvfs(mount.path)
    assert (room.f_blocks * room.f_frsize, room.f_bavail) == (20 * MEGABYTE, 0)


@pytest.mark.embedded_zone
def test_writing_beyond_an_enforced_quota_fails_and_keeps_the_bytes(
    tmp_path: Path, user_environment: dict[str, str]
) -> None:
    with EmbeddedZone.served(tmp_path, "--enforce-quotas") as zone, zone.session() as session:
        session.groups.create("limited")
        session.groups.addmember("limited", zone.user)
        session.groups.set_quota("limited", MEGABYTE)
        mount = Mount(tmp_path / "mount", zone.home)
        mount.expect_log("SYS_RESC_QUOTA_EXCEEDED|could not be written")
        mount.start(zone.environment_file(), env=user_environment)
        try:
            (mount.path / "file").write_bytes(bytes(2 * MEGABYTE))
            session.users.calculate_usage()
            assert os.statvfs(mount.path).f_bavail == 0
            for close in (os.close, os.fsync):
                descriptor = os.open(mount.path / "another", os.O_CREAT | os.O_WRONLY)
                os.write(descriptor, b"content")
                with pytest.raises(OSError, match=r".") as failed:
                    close(descriptor)
                assert failed.value.errno == errno.EDQUOT
            with pytest.raises(OSError, match=r".") as failed:
                os.close(descriptor)
            assert failed.value.errno == errno.EDQUOT
            kept = Path(user_environment["XDG_CACHE_HOME"]).glob("irodsfs/*/failed/*.json")
            assert len(list(kept)) == 2
            session.groups.set_quota("limited", 0)
            (mount.path / "another").write_bytes(b"content")
        finally:
            mount.stop()
        mount.check_log()
