"""`irodsfs mount --ticket`: what a ticket opens, for a user without permission and for anonymous."""

from __future__ import annotations

import errno
import os

import pytest
from irods.session import iRODSSession
from irods.ticket import Ticket

from tests.conftest import AddUser, MakeMount, User
from tests.mounts import fails
from tests.zones import AnyZone


@pytest.fixture(params=[pytest.param("anonymous", marks=pytest.mark.embedded_zone), "guest"])
def guest(request: pytest.FixtureRequest, add_user: AddUser) -> User:
    """A user without any permission."""
    return add_user(name="anonymous", password="") if request.param == "anonymous" else add_user()


def test_a_ticket_opens_what_it_is_for_until_its_uses_are_exceeded(
    session: iRODSSession, home: str, guest: User, zone_server: AnyZone, make_mount: MakeMount
) -> None:
    for name in ("one", "two", "three"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(name.encode())
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", home)
    ticket.modify("uses", "2")
    environment = zone_server.environment_file(guest.name, guest.password)
    mount = make_mount("--ticket", ticket.string, environment_file=environment)
    mount.expect_log("CAT_TICKET_USES_EXCEEDED")
    assert sorted(path.name for path in mount.path.iterdir()) == ["one", "three", "two"]
    assert (mount.path / "one").read_bytes() == b"one"
    assert (mount.path / "two").read_bytes() == b"two"
    with pytest.raises(OSError) as refused:  # noqa: PT011 - the errno is checked
        (mount.path / "three").read_bytes()
    assert refused.value.errno == errno.EACCES
    assert "CAT_TICKET_USES_EXCEEDED" in mount.log
    ticket.delete()


def test_a_ticket_that_has_run_out_of_time_opens_nothing_more_and_the_log_says_so(
    session: iRODSSession, home: str, guest: User, zone_server: AnyZone, make_mount: MakeMount
) -> None:
    for name in ("one", "two"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(name.encode())
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", home)
    mount = make_mount(
        "--ticket", ticket.string, environment_file=zone_server.environment_file(guest.name, guest.password)
    )
    mount.expect_log("CAT_TICKET_EXPIRED")
    assert (mount.path / "one").read_bytes() == b"one"
    ticket.modify("expire", "2001-01-01.00:00:00")
    with fails(errno.EACCES):
        (mount.path / "two").read_bytes()
    assert "CAT_TICKET_EXPIRED" in mount.log
    ticket.delete()


def test_a_ticket_of_a_data_object_shows_it_in_a_directory_of_its_own(
    session: iRODSSession, home: str, guest: User, zone_server: AnyZone, make_mount: MakeMount
) -> None:
    for name in ("opened", "other"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(name.encode())
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", f"{home}/opened")
    environment = zone_server.environment_file(guest.name, guest.password)
    mount = make_mount("--ticket", ticket.string, collection=f"{home}/opened", environment_file=environment)
    assert os.listdir(mount.path) == ["opened"]
    assert (mount.path / "opened").read_bytes() == b"opened"
    assert (mount.path / "opened").stat().st_size == len("opened")
    with fails(errno.ENOENT):
        (mount.path / "other").read_bytes()
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        with fails(errno.EACCES):
            os.open(mount.path / "opened", flags)
    assert (mount.path / "opened").stat().st_mode & 0o222 == 0
    with fails(errno.EACCES):
        (mount.path / "new").write_bytes(b"new")
    assert os.listdir(mount.path) == ["opened"]
    ticket.delete()


def test_a_write_ticket_of_a_data_object_lets_it_be_written(
    session: iRODSSession, home: str, guest: User, zone_server: AnyZone, make_mount: MakeMount
) -> None:
    path = f"{home}/object"
    with session.data_objects.open(path, "w") as file:
        file.write(b"before")
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("write", path)
    environment = zone_server.environment_file(guest.name, guest.password)
    mount = make_mount("--ticket", ticket.string, collection=path, environment_file=environment)
    with (mount.path / "object").open("r+b") as opened:
        opened.write(b"after!")
    assert (mount.path / "object").read_bytes() == b"after!"
    with session.data_objects.open(path, "r") as file:
        assert file.read() == b"after!"
    ticket.delete()


@pytest.mark.parametrize(("kind", "writable"), [("read", False), ("write", True)])
def test_a_ticket_shows_in_permission_bits_what_it_is_for(
    session: iRODSSession,
    home: str,
    guest: User,
    zone_server: AnyZone,
    make_mount: MakeMount,
    kind: str,
    writable: bool,
) -> None:
    with session.data_objects.open(f"{home}/file", "w") as file:
        file.write(b"before")
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue(kind, home)
    environment = zone_server.environment_file(guest.name, guest.password)
    mount = make_mount("--ticket", ticket.string, environment_file=environment)
    for path in (mount.path, mount.path / "file"):
        assert bool(path.stat().st_mode & 0o200) is writable
        assert os.access(path, os.W_OK) is writable
    if writable:
        os.close(os.open(mount.path / "file", os.O_RDWR))
    else:
        with fails(errno.EACCES):
            os.open(mount.path / "file", os.O_RDWR)
    assert (mount.path / "file").read_bytes() == b"before"
    ticket.delete()
