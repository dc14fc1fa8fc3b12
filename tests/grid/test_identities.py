from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.identities import FOR, NOBODY, Identities, Identity, identity_of, who_is
from irodsfs.grid.queries import Query, Row
from irodsfs.grid.zone import Zone
from tests.conftest import AddGroup, AddUser


def test_a_user_without_rows_is_nobody() -> None:
    assert identity_of("a", "z", []) == Identity("a", "z", (NOBODY,), is_administrator=False)


def test_a_user_is_itself_and_its_groups() -> None:
    found = identity_of("a", "z", [("1", "rodsadmin"), ("2", "rodsadmin")], assumed_access=1050)
    assert found == Identity("a", "z", ("1", "2"), is_administrator=True, assumed_access=1050)


@pytest.mark.administrator
async def test_a_zone_tells_who_a_user_is(
    entered: Zone, session: iRODSSession, add_user: AddUser, add_group: AddGroup
) -> None:
    user = add_user()
    group = add_group(user.name)
    (rows,) = await entered.query(who_is(user.name, session.zone))
    found = identity_of(user.name, session.zone, rows)
    assert {str(session.users.get(user.name).id), str(session.groups.get(group).id)} <= set(found.ids)
    assert not found.is_administrator


class Catalog:
    """Answers who the user is, as a zone does; `rows` may change."""

    def __init__(self) -> None:
        self.rows: list[Row] | None = [("1", "rodsuser")]
        self.asked: list[str] = []

    async def query(self, *queries: Query) -> list[list[Row]]:
        self.asked += [query.options.get("zone", "own") for query in queries]
        assert self.rows is not None
        return [self.rows for _ in queries]

    async def beside(self, about: str, fetching: object) -> Identity | None:
        return None if self.rows is None else await fetching()  # type: ignore[operator,no-any-return]


async def test_groups_are_asked_for_again_after_a_while_and_believed_when_that_fails() -> None:
    now, catalog = [0.0], Catalog()
    own = identity_of("a", "own", [("1", "rodsuser")])
    identities = Identities(catalog, "own", own, lambda: now[0])
    assert await identities.in_zone("own") == own
    assert catalog.asked == []
    catalog.rows, now[0] = [("1", "rodsuser"), ("2", "rodsuser")], FOR + 1
    assert (await identities.in_zone("own")).ids == ("1", "2")
    assert (await identities.in_zone("other")).ids == ("1", "2")
    assert catalog.asked == ["own", "other"]
    catalog.rows, now[0] = None, 3 * FOR
    assert (await identities.in_zone("own")).ids == ("1", "2")
