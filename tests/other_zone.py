"""A zone that is none of the tests' own: `python -m tests.other_zone DIRECTORY` serves it until it is terminated.

It has another name and another resource, an ordinary user `alice` and an administrator `ada`, and leaves
the environment files of both in the directory.
"""

from __future__ import annotations

import dataclasses
import signal
import sys
from pathlib import Path

from irodsfs.sandbox.server import Server
from irodsfs.sandbox.zone import Zone as ServedZone
from tests.zones import AnyZone

NAME = "otherZone"
RESOURCE = "otherResc"
FIRST = "of the first administrator"
PASSWORDS = {"alice": "in wonderland", "ada": "on the mountain"}
TYPES = {"alice": "rodsuser", "ada": "rodsadmin"}


def main() -> None:
    directory = Path(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    served = ServedZone.create(directory / "zone", name=NAME, password=FIRST, registrable=[directory, Path("/tmp")])
    with Server(served, "127.0.0.1", 0) as server:
        zone = AnyZone(directory, port=server.port, zone=NAME, password=FIRST)
        with zone.session() as session:
            for name, kind in TYPES.items():
                session.users.create(name, kind)
                session.users.modify(name, "password", PASSWORDS[name])
            session.resources.create(RESOURCE, "unixfilesystem", "localhost", str(directory / "other-vault"))
        for name, password in PASSWORDS.items():
            user = dataclasses.replace(zone, user=name, password=password, home="")
            sys.stdout.write(f"{user.environment_file(irods_default_resource=RESOURCE)}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
