"""`irodsfs mount --ticket`: what a ticket opens, for a user without permission and for anonymous."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest
from irods.session import iRODSSession
from irods.ticket import Ticket

from tests.conftest import MakeMount
from tests.mounts import fails
from tests.zones import EmbeddedZone


@pytest.fixture(params=["anonymous", "guest"])
def guest(request: pytest.FixtureRequest, session: iRODSSession) -> Iterator[str]:
    """A user without any permission."""
    session.users.create(request.param, "rodsuser")
    if request.param != "anonymous":
        session.users.modify(request.param, "password", "gpass")
    yield request.param
    session.users.remove(request.param)


def test_a_ticket_opens_what_it_is_for_until_its_uses_are_exceeded(
    session: iRODSSession, home: str, guest: str, zone_server: EmbeddedZone, make_mount: MakeMount
) -> None:
    for name in ("one", "two", "three"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(name.encode())
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", home)
    ticket.modify("uses", "2")
    password = "" if guest == "anonymous" else "gpass"
    environment = zone_server.environment_file(guest, password)
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
    session: iRODSSession, home: str, guest: str, zone_server: EmbeddedZone, make_mount: MakeMount
) -> None:
    for name in ("one", "two"):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(name.encode())
    ticket = Ticket(session, f"t{home[-12:]}")
    ticket.issue("read", home)
    password = "" if guest == "anonymous" else "gpass"
    mount = make_mount("--ticket", ticket.string, environment_file=zone_server.environment_file(guest, password))
    mount.expect_log("CAT_TICKET_EXPIRED")
    assert (mount.path / "one").read_bytes() == b"one"
    ticket.modify("expire", "2001-01-01.00:00:00")
    with fails(errno.EACCES):
        (mount.path / "two").read_bytes()
    assert "CAT_TICKET_EXPIRED" in mount.log
    ticket.delete()
