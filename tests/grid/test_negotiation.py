"""An account that leaves it to the server whether there is TLS."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.grid.connection import Login, logging_in
from irodsfs.grid.irods_sessions import open_session
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server

pytestmark = pytest.mark.embedded_zone


@pytest.mark.parametrize(
    ("policy", "tls"), [("CS_NEG_REFUSE", False), ("CS_NEG_DONT_CARE", True), ("CS_NEG_REQUIRE", True)]
)
def test_tls_is_used_unless_the_server_refuses(tmp_path: Path, policy: str, tls: bool) -> None:
    zone = Zone.create(tmp_path / "zone", password="rods", negotiation=policy)
    zone.tls()
    with Server(zone, "localhost") as server:
        account = ZoneAccount(
            host="localhost",
            port=server.port,
            user="rods",
            zone="tempZone",
            password=SecretStr("rods"),
            client_server_policy="CS_NEG_DONT_CARE",
            ssl_ca_certificate_file=zone.directory / "certificate.pem",
        )
        login = Login(open_session(account, 30))
        with logging_in():
            login.log_in()
        assert [client.negotiated for client in zone.clients if client.is_authenticated] == [
            "CS_NEG_USE_SSL" if tls else "CS_NEG_USE_TCP"
        ]
        login.disconnect()
