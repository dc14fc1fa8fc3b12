"""A zone on disk: a directory with its catalog and vault, and what its agents share while it is served."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from irodsfs.sandbox import certificates
from irodsfs.sandbox.bootstrap import populate
from irodsfs.sandbox.catalog import Catalog
from irodsfs.sandbox.replica_access import ReplicaAccess
from irodsfs.sandbox.replicas import recover

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

POLICIES = ("CS_NEG_REFUSE", "CS_NEG_DONT_CARE", "CS_NEG_REQUIRE")


class Zone:
    """An embedded zone in a directory of its own (0700).

    ``negotiation`` is the server's side of the TLS negotiation; ``pam_passwords`` is what PAM would know: user name to
    password. ``create`` makes a zone with administrator ``rods`` (password ``rods``), ``open`` takes one up again.
    """

    def __init__(
        self,
        directory: Path,
        *,
        name: str = "tempZone",
        negotiation: str = "CS_NEG_REFUSE",
        pam_passwords: dict[str, str] | None = None,
    ) -> None:
        if negotiation not in POLICIES:
            raise ValueError(f"negotiation policy {negotiation!r} is none of {', '.join(POLICIES)}")
        self.directory = Path(directory).absolute()
        self.name = name
        self.negotiation = negotiation
        self.pam_passwords = pam_passwords or {}
        self.enforces_quotas = False
        self.host = socket.gethostname()
        self.vault = self.directory / "vault"
        self.replica_access = ReplicaAccess()
        self.agents: set[Agent] = set()
        self.rename_lock = threading.RLock()
        self._tls: ssl.SSLContext | None = None

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        name: str = "tempZone",
        negotiation: str = "CS_NEG_REFUSE",
        pam_passwords: dict[str, str] | None = None,
    ) -> Zone:
        """A new zone; raises FileExistsError when the directory holds one."""
        zone = cls(directory, name=name, negotiation=negotiation, pam_passwords=pam_passwords)
        zone.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if zone.catalog_file.exists():
            raise FileExistsError(f"{zone.directory} already holds a zone")
        zone.directory.chmod(0o700)
        zone.vault.mkdir(mode=0o700, exist_ok=True)
        populate(zone.catalog_file, zone.name, zone.host, zone.vault)
        return zone

    @classmethod
    def open(
        cls, directory: Path, *, negotiation: str = "CS_NEG_REFUSE", pam_passwords: dict[str, str] | None = None
    ) -> Zone:
        """The zone a directory holds; raises FileNotFoundError when there is none."""
        zone = cls(directory, negotiation=negotiation, pam_passwords=pam_passwords)
        if not zone.catalog_file.exists():
            raise FileNotFoundError(f"{zone.directory} holds no zone")
        catalog = zone.connect()
        try:
            zone.name = catalog.value("SELECT zone_name FROM R_ZONE_MAIN WHERE zone_type_name = 'local'")
            recover(catalog)
        finally:
            catalog.close()
        return zone

    @property
    def catalog_file(self) -> Path:
        return self.directory / "catalog.sqlite"

    def connect(self) -> Catalog:
        """A fresh connection to the catalog."""
        return Catalog(self.catalog_file)

    def tls(self) -> ssl.SSLContext:
        """The server's side of TLS, with the zone's own certificate."""
        if self._tls is None:
            self._tls = certificates.server_context(self.directory)
        return self._tls
