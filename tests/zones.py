"""Zones for tests: the embedded one, in a process of its own, or any other that an environment file describes."""

from __future__ import annotations

import json
import os
import signal
import ssl
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import tenacity
from irods.access import iRODSAccess
from irods.exception import iRODSException
from irods.models import TicketQuery
from irods.password_obfuscation import decode, encode
from irods.session import iRODSSession
from irods.ticket import Ticket

from tests.processes import Process, forked

ENCRYPTION = {
    "irods_encryption_algorithm": "AES-256-CBC",
    "irods_encryption_key_size": 32,
    "irods_encryption_num_hash_rounds": 16,
    "irods_encryption_salt_size": 8,
}
"""What the icommands take where an environment says nothing else."""

ZONE: pytest.StashKey[AnyZone] = pytest.StashKey()
"""The zone that all tests run on, if not on embedded ones."""


@dataclass
class AnyZone:
    """A zone as one of its users reaches it, over TCP only. Environment files for it are made in `directory`."""

    directory: Path
    host: str = "127.0.0.1"
    port: int = 0
    zone: str = "tempZone"
    user: str = "rods"
    password: str = ""
    kind: str = "rodsadmin"
    home: str = ""
    vaults: str = "/tmp"  # a directory where the server may make more of them
    settings: dict[str, object] = field(default_factory=dict, repr=False)

    @classmethod
    def of_environment(cls, file: Path, directory: Path) -> AnyZone:
        """The zone of an `irods_environment.json`, with the password in IRODSFS_PASSWORD or in `.irodsA` beside it."""
        settings = json.loads(file.read_text("utf-8"))
        user, zone = settings["irods_user_name"], settings["irods_zone_name"]
        password = os.environ.get("IRODSFS_PASSWORD") or decode(file.with_name(".irodsA").read_text("utf-8").strip())
        home = settings.get("irods_home") or f"/{zone}/home/{user}"
        return cls(
            directory,
            host=settings["irods_host"],
            port=int(settings["irods_port"]),
            zone=zone,
            user=user,
            password=password,
            home=home.rstrip("/"),
            settings=settings,
        )

    def __post_init__(self) -> None:
        self.home = self.home or f"/{self.zone}/home/{self.user}"

    def address(self, path: str) -> str:
        """A collection as the command line takes it, without TLS or anything else from the settings."""
        return f"irods://{quote(self.user)}@{self.host}:{self.port}{quote(path)}"

    @property
    def owner(self) -> dict[str, str]:
        """The permission of the zone's user on what it makes, as `irods.acl` shows it."""
        return {"user": self.user, "zone": self.zone, "type": self.kind, "level": "own"}

    @property
    def uses_tls(self) -> bool:
        return self.settings.get("irods_client_server_policy", "CS_NEG_REFUSE") != "CS_NEG_REFUSE"

    @property
    def trash(self) -> str:
        """Where what is removed from the home collection goes, unless it is removed for good."""
        root = f"/{self.zone}/home/{self.user}"
        return f"/{self.zone}/trash/home/{self.user}{self.home.removeprefix(root)}"

    def environment_file(self, user: str | None = None, password: str | None = None, **changes: object) -> Path:
        """An `irods_environment.json` with `.irodsA` beside it, as iinit leaves them."""
        name = user or self.user
        directory = self.directory / f"irods-{name}"
        directory.mkdir(mode=0o700, exist_ok=True)
        file = directory / "irods_environment.json"
        file.write_text(json.dumps(self.environment(name) | changes), "utf-8")
        secret = directory / ".irodsA"
        secret.write_text(encode(self.password if password is None else password, uid=os.getuid()), "utf-8")
        secret.chmod(0o600)
        return file

    def environment(self, user: str | None = None) -> dict[str, object]:
        """The settings of the zone's user, or of another one, who logs in with a password of the zone itself."""
        own = {
            "irods_host": self.host,
            "irods_port": self.port,
            "irods_user_name": self.user,
            "irods_zone_name": self.zone,
            "irods_home": self.home,
        }
        if user in (None, self.user):
            return self.settings | own
        others = {
            "irods_user_name": user,
            "irods_home": f"/{self.zone}/home/{user}",
            "irods_authentication_scheme": "native",
        }
        return self.settings | own | others

    def behind(self, port: int) -> AnyZone:
        """The same zone through a proxy on this machine."""
        directory = self.directory / f"behind-{port}"
        directory.mkdir(exist_ok=True)
        return replace(self, directory=directory, host="127.0.0.1", port=port)

    def session(self, user: str | None = None, password: str | None = None) -> iRODSSession:
        """A plain python-irodsclient session."""
        file = self.environment_file(user, password)
        tls = ENCRYPTION | {"ssl_context": self._ssl_context()} if self.uses_tls else {}
        return iRODSSession(
            irods_env_file=str(file),
            irods_authentication_file=str(file.with_name(".irodsA")),
            irods_authentication_uid=os.getuid(),
            **tls,
        )

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.settings.get("irods_ssl_ca_certificate_file"))
        verified = self.settings.get("irods_ssl_verify_server", "hostname")
        context.check_hostname = verified == "hostname"
        context.verify_mode = ssl.CERT_NONE if verified == "none" else ssl.CERT_REQUIRED
        return context


def namesakes(session: iRODSSession, own: str, foreign: str, *, collections: bool = False) -> tuple[str, str]:
    """New data objects (or collections) in two collections in two zones, whose ids in their catalogs are the same."""

    def make(parent: str) -> tuple[int, str]:
        path = f"{parent}/{uuid.uuid4().hex}"
        made = session.collections.create(path) if collections else session.data_objects.create(path)
        return made.id, path

    here, there = make(own), make(foreign)
    while here[0] != there[0]:
        if here[0] < there[0]:
            here = make(own)
        else:
            there = make(foreign)
    return here[1], there[1]


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(iRODSException),
    wait=tenacity.wait_fixed(1),
    stop=tenacity.stop_after_delay(60),
    reraise=True,
)
def remove_tree(session: iRODSSession, path: str, *, as_administrator: bool) -> None:
    """Removes a collection for good, if it is there, also what others own in it when the user is an administrator.

    A server keeps what a killed client had open locked until it notices; until then, it is tried again.
    """
    if session.collections.exists(path):
        if as_administrator:
            own_all(session, path)
        session.collections.remove(path, force=True)


def remove_tickets(session: iRODSSession, path: str) -> None:
    """Removes the tickets for collections and data objects below a path, which would outlive them."""
    string, collection = TicketQuery.Ticket.string, TicketQuery.DataObject.coll
    of_objects = list(session.query(string, collection, TicketQuery.DataObject.name))
    of_collections = list(session.query(string, TicketQuery.Collection.name))
    for row in of_objects + of_collections:
        if f"{row.get(collection) or row[TicketQuery.Collection.name]}/".startswith(f"{path}/"):
            Ticket(session, row[string]).delete()


def empty_tree(session: iRODSSession, path: str) -> None:
    """Removes all that is in a collection, as an administrator."""
    own_all(session, path)
    collection = session.collections.get(path)
    for below in collection.subcollections:
        session.collections.remove(below.path, force=True)
    for data_object in collection.data_objects:
        session.data_objects.unlink(data_object.path, force=True)


def own_all(session: iRODSSession, path: str) -> None:
    session.acls.set(iRODSAccess("own", path, session.username, session.zone), recursive=True, admin=True)


def started(command: Sequence[str | Path], log_file: Path) -> tuple[Process, str]:
    """A server of an embedded zone, and the first line that it printed when it answered."""
    said, says = os.pipe()
    with os.fdopen(said, encoding="utf-8") as told:
        with log_file.open("ab") as log, os.fdopen(says, "wb") as out:
            process = forked().start(command, env=os.environ, out=out, err=log)
        line = told.readline()
    assert line, f"no server: {log_file.read_text('utf-8', 'replace')}"
    return process, line


@dataclass
class EmbeddedZone(AnyZone):
    process: Process | None = field(default=None, repr=False)

    @classmethod
    @contextmanager
    def served(cls, directory: Path, *options: str, name: str = "tempZone") -> Iterator[EmbeddedZone]:
        """A zone that lives in `directory`; the server is killed at the end, as a zone must survive that."""
        zone = cls(directory, zone=name, vaults=str(directory))
        try:
            zone.start(*options)
            yield zone
        finally:
            zone.kill()

    def start(self, *options: str) -> None:
        """Starts the server, on the same port when it was served before.

        Below `directory` its files may be registered, and more vaults made.
        """
        command = ["irodsfs", "sandbox", "serve", "--directory", self.directory / "zone"]
        command += ["--allow-registration", self.directory, "--zone", self.zone, "--port", str(self.port), *options]
        self.process, line = started(command, self.directory / "server.log")
        self.port = int(line.rpartition(":")[2])
        self.password = decode((self.directory / "zone" / ".irodsA").read_text("utf-8"), uid=os.getuid())

    def kill(self) -> None:
        """Ends the server at once, as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def partner(self) -> str:
        """This zone as `--federate` takes it."""
        return f"{self.zone}={self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self.directory / "server.log").read_text("utf-8", "replace")


FAR = "127.0.0.2"


@dataclass
class FarServer:
    """One more server of an embedded zone, which listens at `address` and has what lies at `location`."""

    zone: EmbeddedZone
    location: str = FAR
    address: str = ""
    process: Process | None = field(default=None, repr=False)

    @classmethod
    @contextmanager
    def beside(cls, zone: EmbeddedZone, location: str = FAR, address: str = "") -> Iterator[FarServer]:
        server = cls(zone, location, address)
        try:
            server.start()
            yield server
        finally:
            server.kill()

    def start(self) -> None:
        """Starts the server, also again."""
        command = ["irodsfs", "sandbox", "server", self.location]
        command += ["--directory", self.zone.directory / "zone", "--address", self.address or self.location]
        self.process, _ = started(command, self.zone.directory / "server.log")

    def kill(self) -> None:
        """Ends the server at once, as a crash does; also when it is frozen."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _is_stopped(self) -> bool:
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return all((task / "stat").read_text().rpartition(") ")[2].startswith("T") for task in tasks)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server does nothing in the block."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        while not self._is_stopped():  # the signal has been sent, not obeyed
            os.sched_yield()
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


def add_resources(zone: EmbeddedZone, location: str = FAR, first: str = "") -> None:
    """Resources as on the grid that was measured: `farResc`, and `replResc` with one child on each server.

    The `first` server's are at that location, or at its own address.
    """
    vaults = zone.directory / "vaults"
    vaults.mkdir(mode=0o700)
    with zone.session() as session:
        for name, where in (("farResc", location), ("replCat", first or zone.host), ("replFar", location)):
            session.resources.create(name, "unixfilesystem", where, str(vaults / name))
        session.resources.create("replResc", "replication")
        session.resources.modify("demoResc", "host", first or zone.host)
        for child in ("replCat", "replFar"):
            session.resources.add_child("replResc", child)


@contextmanager
def federated(directory: Path) -> Iterator[tuple[EmbeddedZone, EmbeddedZone]]:
    """Two zones, tempZone and otherZone, each in a process of its own, that know each other."""
    for name in ("one", "other"):
        (directory / name).mkdir()
    with (
        EmbeddedZone.served(directory / "one") as zone,
        EmbeddedZone.served(directory / "other", "--federate", zone.partner, name="otherZone") as other,
    ):
        zone.kill()
        zone.start("--federate", other.partner)
        yield zone, other
