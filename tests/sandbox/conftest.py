from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from irods.session import iRODSSession

from tests.zones import EmbeddedZone

MakeUser = Callable[..., iRODSSession]


@pytest.fixture
def make_user(zone_server: EmbeddedZone, session: iRODSSession) -> Iterator[MakeUser]:
    """Makes users of the zone and answers a session of each."""
    with ExitStack() as sessions:

        def make(kind: str = "rodsuser", password: str = "open sesame") -> iRODSSession:
            name = f"u{uuid.uuid4().hex[:8]}"
            session.users.create(name, kind)
            session.users.modify(name, "password", password)
            return sessions.enter_context(zone_server.session(name, password))

        yield make


@pytest.fixture
def alice(make_user: MakeUser) -> iRODSSession:
    """A session of a user without any privileges."""
    return make_user()


@pytest.fixture
def bob(make_user: MakeUser) -> iRODSSession:
    """A session of another user without any privileges."""
    return make_user()


@pytest.fixture
def group(session: iRODSSession) -> str:
    """A new group without members."""
    name = f"g{uuid.uuid4().hex[:8]}"
    session.groups.create(name)
    return name


@pytest.fixture
def data_object(session: iRODSSession, home: str) -> str:
    """A data object that holds ``content``."""
    path = f"{home}/object"
    with session.data_objects.open(path, "w") as file:
        file.write(b"content")
    return path
