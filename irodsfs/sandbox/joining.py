"""Taking up a zone that is served already, as one more of its servers."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from irodsfs.sandbox.served_zone import POLICIES, Zone
from irodsfs.sandbox.zone_servers import valid_location


def join(directory: Path, location: str) -> tuple[Zone, int]:
    """The zone a directory holds, as the server that has what lies at a location, and the port of all its servers.

    With that, resources of the machine are those of the zone's first server: their location is its address from now on.
    Raises IrodsError for what can be no location, and FileNotFoundError when no zone was served there.
    """
    environment = json.loads((directory / "irods_environment.json").read_text("utf-8"))
    first, port = str(environment["irods_host"]), int(environment["irods_port"])
    dont_care = "irods_client_server_policy" in environment
    zone = Zone.open(directory, negotiation=POLICIES[1 if dont_care else 0], beside=valid_location(location))
    catalog = zone.connect()
    try:
        with catalog.transaction():
            catalog.execute("UPDATE R_RESC_MAIN SET resc_net = ? WHERE resc_net = ?", first, socket.gethostname())
    finally:
        catalog.close()
    for name in (first, location):
        zone.servers.add(name, port)
    return zone, port
