from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from irods.exception import NetworkException
from irods.rule import Rule
from irods.session import iRODSSession

from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from tests.sandbox.rules.running import eventually

STARTED = "/tempZone/home/rods/started"
ENDLESS = f'msiCollCreate("{STARTED}", "0", *s); while(true) {{ *x = 1; }}'


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return Zone.create(tmp_path / "zone", password="rods")


@pytest.fixture
def server(zone: Zone) -> Iterator[Server]:
    server = Server(zone)
    server.start()
    yield server
    server.stop()


def session_of(server: Server) -> iRODSSession:
    return iRODSSession(host="127.0.0.1", port=server.port, user="rods", password="rods", zone="tempZone")


def delayed(zone: Zone) -> list[str]:
    catalog = zone.connect()
    try:
        return [row["rule_name"] for row in catalog.rows("SELECT rule_name FROM R_RULE_EXEC")]
    finally:
        catalog.close()


def test_a_rule_that_waits_survives_a_restart_and_is_run_then(zone: Zone) -> None:
    with Server(zone) as server, session_of(server) as session:
        Rule(session, body=f'delay("<PLUSET>1s</PLUSET>") {{ msiCollCreate("{STARTED}", "0", *s); }}').execute()
    assert len(delayed(zone)) == 1
    with Server(Zone.open(zone.directory)) as server, session_of(server) as session:
        assert eventually(lambda: session.collections.exists(STARTED))
        assert eventually(lambda: not delayed(zone))


def test_a_delayed_rule_without_end_does_not_keep_the_server_from_stopping_and_stays(zone: Zone) -> None:
    with Server(zone) as server, session_of(server) as session:
        Rule(session, body=f'delay("<PLUSET>0s</PLUSET>") {{ {ENDLESS} }}').execute()
        assert eventually(lambda: session.collections.exists(STARTED))
    assert len(delayed(zone)) == 1


def test_a_rule_without_end_does_not_keep_the_server_from_stopping(zone: Zone) -> None:
    with Server(zone) as server, session_of(server) as session:

        def run() -> None:
            with suppress(NetworkException), session_of(server) as other:
                Rule(other, body=ENDLESS).execute()

        client = threading.Thread(target=run)
        client.start()
        assert eventually(lambda: session.collections.exists(STARTED))
    client.join()
    assert delayed(zone) == []


def test_a_failing_delayed_rule_is_removed(zone: Zone, server: Server) -> None:
    with session_of(server) as session:
        Rule(session, body='delay("<PLUSET>0s</PLUSET>") { fail; }').execute()
    assert eventually(lambda: not delayed(zone))
