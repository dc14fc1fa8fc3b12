from __future__ import annotations

import dataclasses
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.session import iRODSSession
from irods.ticket import Ticket

from irodsfs.cli.mountpoints import find_mount
from tests.conftest import AddUser, IrodsfsCommand, MakeMount
from tests.local_users import STRANGER
from tests.mounts import Mount
from tests.objects import put
from tests.zones import AnyZone


@pytest.fixture
def mountpoint(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mount point"
    path.mkdir()
    yield path
    while find_mount(path):
        subprocess.run(["fusermount3", "-uz", path], check=True)


def failure(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """Exit status and message of a command that failed as it should: one sentence on stderr, and nothing else."""
    assert done.stdout == ""
    assert done.stderr.startswith("irodsfs: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr.removeprefix("irodsfs: ").rstrip("\n")


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_returns_when_the_mount_answers_and_unmounts(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, home: str, session: iRODSSession
) -> None:
    mounted = irodsfs("mount", "--collection", home, zone_server.environment_file(), mountpoint)
    assert (mounted.returncode, mounted.stdout, mounted.stderr) == (0, "", "")
    (mountpoint / "hello").write_text("world")
    unmounted = irodsfs("umount", mountpoint)
    assert (unmounted.returncode, unmounted.stdout, unmounted.stderr) == (0, "", "")
    assert list(mountpoint.iterdir()) == []
    with session.data_objects.open(f"{home}/hello", "r") as opened:
        assert opened.read() == b"world"


def test_umount_waits_for_the_end_of_the_process(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, user_environment: dict[str, str]
) -> None:
    assert irodsfs("mount", zone_server.environment_file(), mountpoint).returncode == 0
    (record,) = Path(user_environment["XDG_RUNTIME_DIR"], "irodsfs").glob("*.mount")
    assert irodsfs("umount", mountpoint).returncode == 0
    assert not record.exists()
    (log,) = Path(user_environment["XDG_STATE_HOME"], "irodsfs").glob("*.log")
    assert log.read_text().endswith("is unmounted\n")
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.readable_line
def test_an_address_with_the_password_in_the_environment(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, home: str, session: iRODSSession
) -> None:
    session.collections.create(f"{home}/a b%c")
    done = irodsfs("mount", zone_server.address(home), mountpoint, env={"IRODSFS_PASSWORD": zone_server.password})
    assert done.returncode == 0, done.stderr
    assert [entry.name for entry in mountpoint.iterdir()] == ["a b%c"]
    assert irodsfs("umount", mountpoint).returncode == 0


def test_without_zone_as_the_icommands_do(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, user_environment: dict[str, str]
) -> None:
    Path(user_environment["HOME"], ".irods").symlink_to(zone_server.environment_file().parent)
    done = irodsfs("mount", mountpoint)
    assert done.returncode == 0, done.stderr
    assert irodsfs("umount", mountpoint).returncode == 0


@pytest.mark.readable_line
def test_a_password_typed_on_the_terminal(
    zone_server: AnyZone, mountpoint: Path, user_environment: dict[str, str], irodsfs: IrodsfsCommand
) -> None:
    child, terminal = pty.fork()
    if child == 0:
        address = zone_server.address(zone_server.home)
        os.execve(  # noqa: S606 - the terminal made by fork must be its own
            sys.executable, [sys.executable, "-m", "irodsfs", "mount", address, str(mountpoint)], user_environment
        )
    shown = b""
    asked = f"Password of {zone_server.user} in zone {zone_server.zone} on {zone_server.host}: "
    while asked.encode() not in shown:
        shown += os.read(terminal, 1024)
    password = zone_server.password.encode()
    os.write(terminal, password + b"\n")
    _, status = os.waitpid(child, 0)
    rest = os.read(terminal, 1024)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, rest
    assert password not in rest
    assert irodsfs("umount", mountpoint).returncode == 0


@pytest.mark.readable_line
@pytest.mark.parametrize("change", [{"password": "wrong"}, {"user": "nobody-of-this-name"}])
def test_wrong_password_or_user(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, change: dict[str, str]
) -> None:
    zone = dataclasses.replace(zone_server, **change)
    address = zone.address(f"/{zone.zone}")
    status, message = failure(irodsfs("mount", address, mountpoint, env={"IRODSFS_PASSWORD": zone.password}))
    assert status == 4
    assert f"refused {zone.user}" in message


@pytest.mark.parametrize("host", ["127.0.0.1", "host.invalid"])
def test_no_server_there(irodsfs: IrodsfsCommand, mountpoint: Path, host: str) -> None:
    address = f"irods://rods@{host}:{unused_port()}/tempZone"
    status, message = failure(irodsfs("mount", address, mountpoint, env={"IRODSFS_PASSWORD": "rods"}))
    assert status == 5
    assert host in message


def test_a_server_of_another_kind(irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        command = ["-o", "timeout=1", f"irods://rods@127.0.0.1:{other.getsockname()[1]}/tempZone", mountpoint]
        status, _ = failure(irodsfs("mount", *command, env={"IRODSFS_PASSWORD": "rods"}))
    assert status == 5


def test_a_missing_collection(zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    nowhere = f"{zone_server.home}/nowhere"
    done = irodsfs("mount", "--collection", nowhere, zone_server.environment_file(), mountpoint)
    status, message = failure(done)
    assert status == 6
    assert nowhere in message


def test_a_data_object_is_no_collection(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, home: str, session: iRODSSession
) -> None:
    session.data_objects.create(f"{home}/file")
    done = irodsfs("mount", "--collection", f"{home}/file", zone_server.environment_file(), mountpoint)
    assert failure(done)[0] == 6


def test_a_missing_mount_point(zone_server: AnyZone, irodsfs: IrodsfsCommand, tmp_path: Path) -> None:
    status, message = failure(irodsfs("mount", zone_server.environment_file(), tmp_path / "none"))
    assert (status, "does not exist" in message) == (7, True)


def test_a_mount_point_that_is_a_file(zone_server: AnyZone, irodsfs: IrodsfsCommand, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, message = failure(irodsfs("mount", zone_server.environment_file(), tmp_path / "file"))
    assert (status, "is not a directory" in message) == (7, True)


def test_a_mount_point_that_is_not_empty(zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    (mountpoint / "precious").touch()
    status, message = failure(irodsfs("mount", zone_server.environment_file(), mountpoint))
    assert (status, "'precious'" in message) == (7, True)


def test_a_mount_point_that_is_mounted_already(mount: Mount, zone_server: AnyZone, irodsfs: IrodsfsCommand) -> None:
    status, message = failure(irodsfs("mount", zone_server.environment_file(), mount.path))
    assert (status, "is mounted already" in message) == (7, True)


def test_a_missing_environment_file(irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    status, message = failure(irodsfs("mount", mountpoint))
    assert status == 3
    assert ".irods/irods_environment.json does not exist" in message


def test_fusermount_missing(zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, tmp_path: Path) -> None:
    status, message = failure(irodsfs("mount", zone_server.environment_file(), mountpoint, env={"PATH": str(tmp_path)}))
    assert status == 8
    assert "fusermount3 is not installed" in message


def test_an_unknown_option(irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    status, message = failure(irodsfs("mount", "-o", "ro,cache_time=3", mountpoint))
    assert status == 3
    assert message.startswith("-o cache_time is not an option: known are ")


def test_too_many_arguments_are_a_usage_error(irodsfs: IrodsfsCommand, mountpoint: Path) -> None:
    assert irodsfs("mount", "a", "b", mountpoint).returncode == 2


def test_options_reach_the_mount(make_mount: MakeMount) -> None:
    mount = make_mount("--read-only", "--umask", "077", "-o", "uid=1234,gid=2345")
    status = mount.path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o077) == (1234, 2345, 0)
    with pytest.raises(OSError, match="Read-only file system"):
        (mount.path / "file").touch()


def test_the_root_shows_the_zones(make_mount: MakeMount, zone_server: AnyZone) -> None:
    mount = make_mount(collection="/")
    assert zone_server.zone in [entry.name for entry in mount.path.iterdir()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_unmounts_and_loses_nothing(mount: Mount, session: iRODSSession, number: signal.Signals) -> None:
    assert mount.process is not None
    file = os.open(mount.path / "open", os.O_WRONLY | os.O_CREAT)
    os.write(file, b"not closed yet")
    mount.process.send_signal(number)
    assert mount.process.wait(30) == 0
    with pytest.raises(OSError, match="not connected"):
        os.close(file)
    assert find_mount(mount.path) is None
    with session.data_objects.open(f"{mount.collection}/open", "r") as opened:
        assert opened.read() == b"not closed yet"


def test_a_mount_whose_process_was_killed_is_not_in_the_way(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mount: Mount
) -> None:
    assert mount.process is not None
    mount.process.kill()
    mount.process.wait()
    done = irodsfs("mount", zone_server.environment_file(), mount.path)
    assert done.returncode == 0, done.stderr
    assert irodsfs("umount", mount.path).returncode == 0


@pytest.mark.readable_line
def test_the_password_is_nowhere_to_be_seen(
    zone_server: AnyZone, mountpoint: Path, irodsfs: IrodsfsCommand, user_environment: dict[str, str]
) -> None:
    address = zone_server.address(f"/{zone_server.zone}")
    secret = "secret-of-mine"
    status, message = failure(
        irodsfs("mount", "--log-level", "debug", address, mountpoint, env={"IRODSFS_PASSWORD": secret})
    )
    assert status == 4
    assert secret not in message
    (log,) = Path(user_environment["XDG_STATE_HOME"], "irodsfs").glob("*.log")
    assert secret not in log.read_text()


def test_a_spool_that_others_may_have_a_hand_in_is_refused(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", STRANGER, STRANGER)
    (tmp_path / "config.toml").write_text(f'spool_directory = "{tmp_path / "theirs"}"\n')
    done = irodsfs("mount", "--config", tmp_path / "config.toml", zone_server.environment_file(), mountpoint)
    status, message = failure(done)
    assert (status, find_mount(mountpoint)) == (3, None)
    assert "belongs to another user" in message


def test_a_ticket_on_the_command_line_is_warned_about(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, home: str
) -> None:
    for options, place in ((("--ticket", "t123"), "--ticket"), (("-o", "ticket=t123"), "-o ticket")):
        done = irodsfs("mount", *options, "--collection", home, zone_server.environment_file(), mountpoint)
        assert done.stderr.startswith(f"irodsfs: {place} shows the ticket to all users of this machine")
        assert "t123" not in done.stderr
        irodsfs("umount", mountpoint)


@pytest.mark.administrator
def test_a_ticket_of_a_file_or_the_environment_is_shown_to_nobody(
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
    tmp_path: Path,
    irodsfs: IrodsfsCommand,
    mountpoint: Path,
    user_environment: dict[str, str],
    add_user: AddUser,
) -> None:
    guest = add_user()
    put(session, f"{home}/file", b"content")
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", home)
    (tmp_path / "ticket").write_text(ticket.string)
    file = zone_server.environment_file(guest.name, guest.password)
    mounted = irodsfs("mount", "--ticket-file", tmp_path / "ticket", "--collection", home, file, mountpoint)
    assert (mounted.returncode, mounted.stdout, mounted.stderr) == (0, "", "")
    assert (mountpoint / "file").read_bytes() == b"content"
    (record,) = Path(user_environment["XDG_RUNTIME_DIR"], "irodsfs").glob("*.mount")
    process = Path("/proc", str(json.loads(record.read_text())["pid"]))
    assert ticket.string.encode() not in (process / "cmdline").read_bytes()
    assert irodsfs("umount", mountpoint).returncode == 0
    (log,) = Path(user_environment["XDG_STATE_HOME"], "irodsfs").glob("*.log")
    assert ticket.string not in log.read_text()
    ticket.delete()


def test_a_mount_leaves_no_core_dump(mount: Mount) -> None:
    assert mount.process is not None
    limits = Path(f"/proc/{mount.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_a_resource_that_the_zone_does_not_have(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, resource: str
) -> None:
    named = irodsfs("mount", "--resource", "nosuchResc", zone_server.environment_file(), mountpoint)
    status, message = failure(named)
    assert status == 3
    assert "has no resource nosuchResc: name one of " in message
    assert resource in message
    usual = zone_server.environment_file(irods_default_resource="nosuchResc")
    assert failure(irodsfs("mount", usual, mountpoint))[0] == 3
    assert irodsfs("mount", "--read-only", usual, mountpoint).returncode == 0
    assert irodsfs("umount", mountpoint).returncode == 0


@pytest.mark.readable_line
def test_a_password_for_one_login_is_refused_with_the_reason(
    zone_server: AnyZone, irodsfs: IrodsfsCommand, mountpoint: Path, session: iRODSSession
) -> None:
    with session.pool.get_connection() as connection:
        temporary = connection.temp_password()
    address = zone_server.address(zone_server.home)
    status, message = failure(irodsfs("mount", address, mountpoint, env={"IRODSFS_PASSWORD": temporary}))
    assert status == 4
    assert "was good for one login only" in message
    assert temporary not in message
    assert find_mount(mountpoint) is None


@pytest.mark.embedded_zone
def test_a_password_that_only_looks_like_one_for_one_login_lasts(
    zone_server: AnyZone, make_mount: MakeMount, add_user: AddUser
) -> None:
    user = add_user(password="0123456789abcdef0123456789abcdef")
    environment = zone_server.environment_file(user.name, user.password)
    mount = make_mount(collection=user.home, environment_file=environment)
    (mount.path / "file").write_bytes(b"content")
