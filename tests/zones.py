"""An embedded zone for tests, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from irods.password_obfuscation import encode
from irods.session import iRODSSession


@dataclass
class EmbeddedZone:
    directory: Path
    host: str = "127.0.0.1"
    port: int = 0
    zone: str = "tempZone"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @classmethod
    @contextmanager
    def served(cls, directory: Path, *options: str) -> Iterator[EmbeddedZone]:
        """A zone that lives in `directory`; the server is killed at the end, as a zone must survive that."""
        zone = cls(directory)
        try:
            zone.start(*options)
            yield zone
        finally:
            zone.kill()

    def start(self, *options: str) -> None:
        """Starts the server, on the same port when it was served before."""
        log = (self.directory / "server.log").open("ab")
        command = [sys.executable, "-m", "irodsfs", "sandbox", "serve", "--directory", self.directory / "zone"]
        with log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *options], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"no server: {self.log}"
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """Ends the server at once, as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    @property
    def log(self) -> str:
        return (self.directory / "server.log").read_text("utf-8", "replace")

    def environment_file(self, user: str = "rods", password: str = "rods", **changes: object) -> Path:
        """An `irods_environment.json` with `.irodsA` beside it, as iinit leaves them."""
        directory = self.directory / f"irods-{user}"
        directory.mkdir(mode=0o700, exist_ok=True)
        file = directory / "irods_environment.json"
        file.write_text(json.dumps(self.environment(user) | changes), "utf-8")
        secret = directory / ".irodsA"
        secret.write_text(encode(password, uid=os.getuid()), "utf-8")
        secret.chmod(0o600)
        return file

    def environment(self, user: str = "rods") -> dict[str, object]:
        return {
            "irods_host": self.host,
            "irods_port": self.port,
            "irods_user_name": user,
            "irods_zone_name": self.zone,
            "irods_home": f"/{self.zone}/home/{user}",
        }

    def session(self, user: str = "rods", password: str = "rods") -> iRODSSession:
        return iRODSSession(host=self.host, port=self.port, user=user, password=password, zone=self.zone)
