from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from irods import exception
from irods.access import iRODSAccess
from irods.models import Collection, DataObject, TicketQuery
from irods.session import iRODSSession
from irods.ticket import Ticket

from tests.sandbox.requests import administer_ticket, refused
from tests.zones import EmbeddedZone

PASSWORD = "open sesame"

WithTicket = Callable[..., iRODSSession]


@pytest.fixture
def with_ticket(zone_server: EmbeddedZone) -> Iterator[WithTicket]:
    """Fresh sessions that present a ticket; each one is one agent of the server."""
    with ExitStack() as sessions:

        def present(ticket: str, user: str, password: str = PASSWORD) -> iRODSSession:
            session = sessions.enter_context(zone_server.session(user, password))
            Ticket(session, ticket).supply()
            return session

        yield present


def issue(session: iRODSSession, kind: str, path: str, **limits: str) -> str:
    ticket = Ticket(session)
    ticket.issue(kind, path)
    for limit, value in limits.items():
        ticket.modify(limit.replace("_", "-"), value)
    name: str = ticket.string
    return name


def read(session: iRODSSession, path: str) -> bytes:
    with session.data_objects.open(path, "r") as file:
        content: bytes = file.read()
        return content


def write(session: iRODSSession, path: str, content: bytes, mode: str = "w") -> None:
    with session.data_objects.open(path, mode) as file:
        file.write(content)


def stored(session: iRODSSession, ticket: str, *columns: str) -> list[str]:
    query = [getattr(TicketQuery.Ticket, column) for column in columns]
    row = session.query(*query).filter(TicketQuery.Ticket.string == ticket).one()
    return [str("" if row[column] is None else row[column]) for column in query]


def restrict(session: iRODSSession, ticket: str, *restriction: str) -> None:
    administer_ticket(session, "mod", ticket, *restriction)


def test_a_ticket_begins_with_its_defaults(session: iRODSSession, data_object: str, home: str) -> None:
    for path, kind, object_type in ((data_object, "read", "data"), (home, "write", "collection")):
        ticket = issue(session, kind, path)
        assert stored(session, ticket, "type", "object_type", "uses_limit", "write_file_limit", "write_byte_limit") == [
            kind,
            object_type,
            "0",
            "10",
            "0",
        ]


def test_two_tickets_of_one_name_and_numbers_as_names_are_refused(session: iRODSSession, data_object: str) -> None:
    ticket = issue(session, "read", data_object)
    with pytest.raises(exception.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        administer_ticket(session, "create", ticket, "read", data_object)
    with pytest.raises(exception.CAT_TICKET_INVALID):
        administer_ticket(session, "create", "1234", "read", data_object)


def test_only_owners_issue_tickets(session: iRODSSession, alice: iRODSSession, data_object: str, home: str) -> None:
    for path in (home, f"{home}/none"):
        with pytest.raises((exception.CAT_NO_ACCESS_PERMISSION, exception.CAT_UNKNOWN_COLLECTION)):
            administer_ticket(alice, "create", uuid.uuid4().hex, "read", path)


@pytest.mark.parametrize(
    ("change", "column", "kept"),
    [
        (("uses", "12"), "uses_limit", "12"),
        (("write-file", "3"), "write_file_limit", "3"),
        (("write-bytes", "3000"), "write_byte_limit", "3000"),
        (("expire", "1898427600"), "expiry_ts", "01898427600"),
        (("expire", "2031-01-02.03:04:05"), "expiry_ts", "01925089445"),
        (("expire", "0"), "expiry_ts", ""),
    ],
)
def test_limits_are_kept(
    session: iRODSSession, data_object: str, change: tuple[str, str], column: str, kept: str
) -> None:
    ticket = issue(session, "read", data_object)
    administer_ticket(session, "mod", ticket, *change)
    assert stored(session, ticket, column) == [kept]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("uses", "many"), exception.CAT_SQL_ERR),
        (("write-byte", "1000"), exception.CAT_INVALID_ARGUMENT),
        (("nonsense", "1"), exception.CAT_INVALID_ARGUMENT),
        (("add", "user", "ghost"), exception.CAT_INVALID_USER),
        (("add", "group", "ghost"), exception.CAT_INVALID_GROUP),
        (("add", "planet", "earth"), exception.CAT_INVALID_ARGUMENT),
        (("remove", "user", "rods"), exception.CAT_SUCCESS_BUT_WITH_NO_INFO),
    ],
)
def test_unfit_changes_are_refused(
    session: iRODSSession, data_object: str, change: tuple[str, ...], error: type[Exception]
) -> None:
    ticket = issue(session, "read", data_object)
    with pytest.raises(error):
        administer_ticket(session, "mod", ticket, *change)


def test_tickets_are_changed_and_deleted_by_their_makers_and_administrators(
    session: iRODSSession, alice: iRODSSession
) -> None:
    ticket = issue(alice, "read", f"/{alice.zone}/home/{alice.username}")
    for operation in (("mod", ticket, "uses", "1"), ("delete", ticket)):
        with pytest.raises(exception.CAT_TICKET_INVALID):
            administer_ticket(session, *operation)
    administer_ticket(session, "mod", ticket, "uses", "7", irodsAdmin="")
    assert stored(alice, ticket, "uses_limit") == ["7"]
    administer_ticket(session, "delete", ticket, irodsAdmin="")
    with pytest.raises(exception.CAT_TICKET_INVALID):
        Ticket(alice, ticket).delete()


def test_a_read_ticket_opens_its_object_and_nothing_else(
    session: iRODSSession, alice: iRODSSession, data_object: str, home: str, with_ticket: WithTicket
) -> None:
    write(session, f"{home}/other", b"secret")
    guest = with_ticket(issue(session, "read", data_object), alice.username)
    assert read(guest, data_object) == b"content"
    with pytest.raises(exception.OBJ_PATH_DOES_NOT_EXIST):
        read(guest, f"{home}/other")
    with pytest.raises(exception.CAT_TICKET_INVALID):
        write(guest, data_object, b"changed", "r+")
    assert read(session, data_object) == b"content"


def test_a_ticket_that_does_not_exist_opens_nothing(
    alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    with pytest.raises(exception.OBJ_PATH_DOES_NOT_EXIST):
        read(with_ticket("no-such-ticket", alice.username), data_object)


def test_the_ticket_of_a_collection_opens_and_lists_what_is_below(
    session: iRODSSession, alice: iRODSSession, data_object: str, home: str, with_ticket: WithTicket
) -> None:
    session.collections.create(f"{home}/a/b")
    write(session, f"{home}/a/b/deep", b"deep")
    guest = with_ticket(issue(session, "read", home), alice.username)
    assert read(guest, f"{home}/a/b/deep") == b"deep"
    assert [row[DataObject.name] for row in guest.query(DataObject.name).filter(Collection.name == home)] == ["object"]
    assert {entry.path for entry in guest.collections.get(home).subcollections} == {f"{home}/a"}


def test_in_a_session_with_a_ticket_own_permissions_do_not_count(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    own = f"/{alice.zone}/home/{alice.username}/own"
    write(alice, own, b"mine")
    with pytest.raises(exception.OBJ_PATH_DOES_NOT_EXIST):
        read(with_ticket(issue(session, "read", data_object), alice.username), own)


def test_a_write_ticket_changes_its_object(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "write", data_object)
    write(with_ticket(ticket, alice.username), data_object, b"changed")
    assert read(session, data_object) == b"changed"
    assert stored(session, ticket, "write_file_count", "write_byte_count") == ["1", "0"]


def test_a_write_ticket_of_a_collection_makes_objects_in_it_that_belong_to_the_guest(
    session: iRODSSession, alice: iRODSSession, home: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "write", home)
    write(with_ticket(ticket, alice.username), f"{home}/new", b"new")
    assert session.data_objects.get(f"{home}/new").owner_name == alice.username
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION, match="no permission to update collection"):
        write(with_ticket(issue(session, "read", home), alice.username), f"{home}/newer", b"new")


def test_uses_are_counted_once_an_open_and_end_at_the_limit(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "read", data_object, uses="2")
    for uses in ("1", "2"):
        assert read(with_ticket(ticket, alice.username), data_object) == b"content"
        assert stored(session, ticket, "uses_count") == [uses]
    with pytest.raises(exception.CAT_TICKET_USES_EXCEEDED):
        read(with_ticket(ticket, alice.username), data_object)


def test_one_session_that_opens_one_object_again_uses_its_ticket_once(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "read", data_object, uses="1")
    guest = with_ticket(ticket, alice.username)
    assert [read(guest, data_object) for _ in range(3)] == [b"content"] * 3
    assert stored(session, ticket, "uses_count") == ["1"]


def test_an_expired_ticket_opens_nothing(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "read", data_object, expire=str(int(time.time()) - 10))
    with pytest.raises(exception.CAT_TICKET_EXPIRED):
        read(with_ticket(ticket, alice.username), data_object)
    Ticket(session, ticket).modify("expire", str(int(time.time()) + 1000))
    assert read(with_ticket(ticket, alice.username), data_object) == b"content"


def test_a_ticket_for_certain_users_is_for_no_others(
    session: iRODSSession, alice: iRODSSession, bob: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "read", data_object)
    restrict(session, ticket, "add", "user", alice.username)
    assert read(with_ticket(ticket, alice.username), data_object) == b"content"
    with refused("CAT_TICKET_USER_EXCLUDED"):
        read(with_ticket(ticket, bob.username), data_object)
    restrict(session, ticket, "remove", "user", alice.username)
    assert read(with_ticket(ticket, bob.username), data_object) == b"content"


def test_a_ticket_for_a_group_is_for_its_members(
    session: iRODSSession,
    alice: iRODSSession,
    bob: iRODSSession,
    group: str,
    data_object: str,
    with_ticket: WithTicket,
) -> None:
    session.groups.addmember(group, alice.username)
    ticket = issue(session, "read", data_object)
    restrict(session, ticket, "add", "group", group)
    assert read(with_ticket(ticket, alice.username), data_object) == b"content"
    with refused("CAT_TICKET_GROUP_EXCLUDED"):
        read(with_ticket(ticket, bob.username), data_object)


def test_a_ticket_for_certain_hosts_is_for_no_others(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "read", data_object)
    restrict(session, ticket, "add", "host", "127.0.0.2")
    with refused("CAT_TICKET_HOST_EXCLUDED"):
        read(with_ticket(ticket, alice.username), data_object)
    restrict(session, ticket, "add", "host", "127.0.0.1")
    assert read(with_ticket(ticket, alice.username), data_object) == b"content"


def test_a_close_counts_the_whole_size_of_an_object_towards_the_bytes_of_a_ticket(
    session: iRODSSession, alice: iRODSSession, with_ticket: WithTicket, data_object: str
) -> None:
    ticket = issue(session, "write", data_object, write_bytes="100")
    write(with_ticket(ticket, alice.username), data_object, b"more", mode="a")
    assert stored(session, ticket, "write_byte_count") == [str(len(b"contentmore"))]


def test_more_bytes_than_a_ticket_allows_fail_when_the_object_is_closed(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "write", data_object, write_bytes="10")
    write(with_ticket(ticket, alice.username), data_object, b"x" * 10)
    assert stored(session, ticket, "write_byte_count") == ["10"]
    with refused("CAT_TICKET_WRITE_BYTES_EXCEEDED"):
        write(with_ticket(ticket, alice.username), data_object, b"y")
    with refused("CAT_TICKET_WRITE_BYTES_EXCEEDED"):
        write(with_ticket(ticket, alice.username), data_object, b"z", "r+")
    assert [replica.status for replica in session.data_objects.get(data_object).replicas] == ["0"]


def test_writes_of_more_objects_than_a_ticket_allows_fail(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket
) -> None:
    ticket = issue(session, "write", data_object, write_file="2")
    for _ in range(2):
        write(with_ticket(ticket, alice.username), data_object, b"x")
    with refused("CAT_TICKET_WRITE_USES_EXCEEDED"):
        write(with_ticket(ticket, alice.username), data_object, b"y", "r+")


def test_single_requests_for_contents_use_tickets_too(
    session: iRODSSession, alice: iRODSSession, data_object: str, with_ticket: WithTicket, tmp_path: Path
) -> None:
    ticket = issue(session, "read", data_object, uses="2")
    guest = with_ticket(ticket, alice.username)
    guest.data_objects.get(data_object, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"content"
    (tmp_path / "copy").write_bytes(b"changed")
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
        guest.data_objects.put(str(tmp_path / "copy"), data_object)
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
        guest.data_objects.unlink(data_object, force=True)
    assert stored(session, ticket, "uses_count") == ["1"]


def test_guests_without_a_password_use_tickets(
    session: iRODSSession, data_object: str, zone_server: EmbeddedZone, with_ticket: WithTicket
) -> None:
    session.users.create("anonymous", "rodsuser")
    guest = with_ticket(issue(session, "read", data_object), "anonymous", "")
    assert read(guest, data_object) == b"content"
    with zone_server.session("anonymous", "") as without, pytest.raises(exception.OBJ_PATH_DOES_NOT_EXIST):
        read(without, data_object)


def test_a_write_ticket_of_a_collection_makes_collections_in_it_and_is_all_that_counts(
    session: iRODSSession, alice: iRODSSession, with_ticket: WithTicket, home: str
) -> None:
    session.acls.set(iRODSAccess("write", home, alice.username))
    for kind, error in (("read", "CAT_NO_ACCESS_PERMISSION"), ("write", None)):
        guest = with_ticket(issue(session, kind, home), alice.username)
        if error:
            with refused(error):
                guest.collections.create(f"{home}/new", recurse=False)
        else:
            guest.collections.create(f"{home}/new", recurse=False)
    assert session.collections.get(f"{home}/new").owner_name == alice.username
