"""A zone on disk: a directory with its catalog and vault, and what its sessions share while it is served."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from irodsfs.private_files import private, write_private
from irodsfs.sandbox import pam_accounts
from irodsfs.sandbox.administrator_password import keep_password, new_password, set_administrator_password
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR, populate
from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.connected_client import ConnectedClient
from irodsfs.sandbox.protocol import certificates
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.storage.replica_access import ReplicaAccess
from irodsfs.sandbox.storage.replicas import recover
from irodsfs.sandbox.zone_servers import WritersTurn, ZoneServers
from irodsfs.user_errors import ConfigurationError

logger = logging.getLogger(__name__)

VAULTS = "vaults"
"""The directory of a zone's where more vaults may be, each below the name of its resource."""

POLICIES = ("CS_NEG_REFUSE", "CS_NEG_DONT_CARE", "CS_NEG_REQUIRE")


class Zone:
    """An embedded zone in a directory of its own (0700).

    ``negotiation`` is the server's side of the TLS negotiation; ``pam_passwords`` is what PAM would know: user name to
    password; ``registrable`` are directories beside the vault whose files may be registered and that may be vaults.
    ``host`` is the name of this server, where it is not that of the machine.
    ``create`` makes a zone with administrator ``rods``, ``open`` takes one up again.
    """

    def __init__(
        self,
        directory: Path,
        *,
        name: str = "tempZone",
        negotiation: str = "CS_NEG_REFUSE",
        pam_passwords: dict[str, str] | None = None,
        registrable: Sequence[Path] = (),
        host: str = "",
    ) -> None:
        if negotiation not in POLICIES:
            raise ValueError(f"negotiation policy {negotiation!r} is none of {', '.join(POLICIES)}")
        self.directory = Path(directory).absolute()
        self.name = name
        self.negotiation = negotiation
        self.pam_passwords = pam_passwords or {}
        self.pam_scripts: dict[str, pam_accounts.Script] = {}
        self.enforces_quotas = False
        self.tells_source_lines = False
        self.host = host or socket.gethostname()
        self.vault = self.directory / "vault"
        vaults = self.directory / VAULTS
        self.registrable = [directory.resolve() for directory in (self.vault, vaults, *registrable)]
        self.replica_access = ReplicaAccess()
        self.clients: set[ConnectedClient] = set()
        self.servers = ZoneServers(self.directory, self.host)
        self._writing = WritersTurn(self.directory)
        self._tls: ssl.SSLContext | None = None

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        name: str = "tempZone",
        password: str | None = None,
        negotiation: str = "CS_NEG_REFUSE",
        pam_passwords: dict[str, str] | None = None,
        registrable: Sequence[Path] = (),
    ) -> Zone:
        """A new zone, whose administrator gets a password that nobody can guess unless one is given.

        Raises FileExistsError when the directory holds a zone.
        """
        zone = cls(directory, name=name, negotiation=negotiation, pam_passwords=pam_passwords, registrable=registrable)
        private(zone.directory)
        if zone.catalog_file.exists():
            raise FileExistsError(f"{zone.directory} already holds a zone")
        private(zone.vault)
        password = password or new_password()
        keep_password(zone.password_file, password)
        populate(zone.catalog_file, zone.name, password, zone.host, zone.vault)
        return zone

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        password: str | None = None,
        negotiation: str = "CS_NEG_REFUSE",
        pam_passwords: dict[str, str] | None = None,
        registrable: Sequence[Path] = (),
        beside: str = "",
    ) -> Zone:
        """The zone a directory holds; its administrator gets another password where one is given or none is kept.

        ``beside`` is the name of a server that is not the first one of the zone. Raises FileNotFoundError when the
        directory holds no zone.
        """
        zone = cls(
            directory, negotiation=negotiation, pam_passwords=pam_passwords, registrable=registrable, host=beside
        )
        private(zone.directory)
        if not zone.catalog_file.exists():
            raise FileNotFoundError(f"{zone.directory} holds no zone")
        zone._take_up(password, is_first=not beside)
        return zone

    def _take_up(self, password: str | None, *, is_first: bool) -> None:
        catalog = self.connect()
        try:
            self.name = catalog.value("SELECT zone_name FROM R_ZONE_MAIN WHERE zone_type_name = 'local'")
            if is_first:
                recover(catalog)
            if password or not self.password_file.exists():
                password = password or new_password()
                set_administrator_password(catalog, password)
                keep_password(self.password_file, password)
        finally:
            catalog.close()

    def pam_password(self, user: str) -> str | None:
        """What PAM would know of a user; None of one that it does not."""
        password: str | None = pam_accounts.read(self.directory).get(user, {}).get("password")
        return self.pam_passwords.get(user, password)

    def pam_script(self, user: str) -> pam_accounts.Script:
        """The questions that a user is asked; of one without any, a password that nobody knows."""
        script: pam_accounts.Script = (
            pam_accounts.read(self.directory).get(user, {}).get("script", [{"ask_secretly": "Password:"}])
        )
        return self.pam_scripts.get(user, script)

    @property
    def catalog_file(self) -> Path:
        return self.directory / "catalog.sqlite"

    @property
    def password_file(self) -> Path:
        """The administrator's password as it was set here, scrambled as iinit does."""
        return self.directory / ".irodsA"

    @property
    def environment_file(self) -> Path:
        """Beside the password, so that clients are given both."""
        return self.directory / "irods_environment.json"

    def describe(self, host: str, port: int) -> None:
        """Writes the environment file with which clients log in as the administrator."""
        environment: dict[str, object] = {
            "irods_host": host,
            "irods_port": port,
            "irods_user_name": ADMINISTRATOR,
            "irods_zone_name": self.name,
        }
        if self.negotiation != "CS_NEG_REFUSE":
            environment |= {
                "irods_client_server_policy": "CS_NEG_REQUIRE",
                "irods_ssl_ca_certificate_file": str(self.directory / certificates.CERTIFICATE),
            }
        write_private(self.environment_file, json.dumps(environment, indent=4).encode())

    def require_registrable(self, path: str) -> None:
        """Raises IrodsError unless a file lies in the vault or where registrations were allowed, links followed."""
        if not self._is_registrable(path):
            logger.warning("refused to register %r: it lies in no directory that --allow-registration named", path)
            raise IrodsError("PATH_REG_NOT_ALLOWED")

    def take_vault(self, path: str) -> bool:
        """Whether a directory may be a vault: where files may be registered, or new among the temporary files.

        A new one is made at once, so that nobody else can make it.
        """
        if self._is_registrable(path):
            return True
        lies_at = real_path(path)
        if lies_at is None or not lies_at.is_relative_to(os.path.realpath(tempfile.gettempdir())) or lies_at.exists():
            return False
        try:
            private(lies_at)
        except ConfigurationError:
            return False
        return True

    def _is_registrable(self, path: str) -> bool:
        lies_at = real_path(path)
        return lies_at is not None and any(lies_at.is_relative_to(directory) for directory in self.registrable)

    def connect(self) -> Catalog:
        """A fresh connection to the catalog."""
        return Catalog(self.catalog_file, self._writing)

    def tls(self) -> ssl.SSLContext:
        """The server's side of TLS, with the zone's own certificate."""
        if self._tls is None:
            self._tls = certificates.server_context(self.directory)
        return self._tls


def real_path(path: str) -> Path | None:
    """An absolute path with links followed; None for what is none."""
    return None if "\0" in path or not path.startswith("/") else Path(os.path.realpath(path))
