"""A zone that is none of the tests' own: `python -m tests.other_zone DIRECTORY [NEGOTIATION]`, until it is terminated.

It has another name and another resource, an ordinary user `alice` and an administrator `ada`, and leaves the
environment files of both in the directory.
"""

from __future__ import annotations

import dataclasses
import signal
import sys
from pathlib import Path

from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from tests.zones import AnyZone

NAME = "otherZone"
RESOURCE = "otherResc"
FIRST = "of the first administrator"
PASSWORDS = {"alice": "in wonderland", "ada": "on the mountain"}
TYPES = {"alice": "rodsuser", "ada": "rodsadmin"}


def main() -> None:
    directory, negotiation, *_ = [*sys.argv[1:], "CS_NEG_REFUSE"]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    served = Zone.create(
        Path(directory, "zone"),
        name=NAME,
        password=FIRST,
        negotiation=negotiation,
        registrable=[Path(directory), Path("/tmp")],
    )
    settings: dict[str, object] = {}
    if negotiation == "CS_NEG_REQUIRE":
        served.tls()
        settings = {
            "irods_client_server_negotiation": "request_server_negotiation",
            "irods_client_server_policy": negotiation,
            "irods_ssl_ca_certificate_file": str(served.directory / "certificate.pem"),
            "irods_ssl_verify_server": "hostname",
        }
    with Server(served, "127.0.0.1", 0) as server:
        populate(AnyZone(Path(directory), "localhost", server.port, NAME, password=FIRST, settings=settings))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


def populate(zone: AnyZone) -> None:
    with zone.session() as session:
        for name, kind in TYPES.items():
            session.users.create(name, kind)
            session.users.modify(name, "password", PASSWORDS[name])
        session.resources.create(RESOURCE, "unixfilesystem", "localhost", str(zone.directory / "other-vault"))
    for name, password in PASSWORDS.items():
        user = dataclasses.replace(zone, user=name, password=password, home="")
        user.environment_file(irods_default_resource=RESOURCE)


if __name__ == "__main__":
    main()
