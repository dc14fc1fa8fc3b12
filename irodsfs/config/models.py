from __future__ import annotations

import hashlib
import math
import os
import posixpath
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from irodsfs.user_errors import ConfigurationError

REQUEST_NEGOTIATION = "request_server_negotiation"
MOST_CONNECTIONS = 128
HOUR = 3600.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


NOT_OF_AN_ACCOUNT = ("irods_env_file", "irods_derived_auth_file", "irods__auth_file")
"""What python-irodsclient would take for something else than a setting of the environment."""

SCHEMES = ("native", "pam_password", "pam_interactive")
SPELLINGS = {"pam": "pam_password", "password": "native", "standard": "native", "": "native"}
"""How older environments call them."""


def _scheme(value: object) -> object:
    """The name of a scheme as servers of today know it, however a file spells it."""
    if not isinstance(value, str):
        return value
    name = value.strip().lower().replace("-", "_")
    return SPELLINGS.get(name, name)


def _redirect(value: object) -> object:
    # In TOML, and for `-o redirect`, on and off have other names, too.
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else _lower(value)


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _hash_scheme(value: object) -> object:
    """The name of a scheme of checksums, however a file spells it."""
    if not isinstance(value, str):
        return value
    name = value.strip().lower().replace("-", "").replace("_", "")
    return {"sha2": "sha256", "": None}.get(name, name)


def _octal(value: object) -> object:
    return int(value, 8) if isinstance(value, str) else value


def _age(value: object) -> object:
    """Seconds; infinite for `never`."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text == "never":
        return math.inf
    unit = UNITS.get(text[-1:], 1)
    return float(text[:-1] if text[-1:] in UNITS else text) * unit


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _logical_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"{path!r} does not start with '/'")
    return "/" + posixpath.normpath(path).lstrip("/")


LocalPath = Annotated[Path, AfterValidator(_absolute)]
LogicalPath = Annotated[str, AfterValidator(_logical_path)]
Name = Annotated[str, Field(min_length=1)]


class ZoneAccount(BaseModel):
    """How to reach a zone and who to be there; the fields are those of `irods_environment.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Name = Field(description="the name or address of the iRODS server")
    port: int = Field(1247, ge=1, le=65535, description="the TCP port of the iRODS server")
    user: Name = Field(description="the name of the iRODS user")
    zone: str = Field(pattern=r"^[^/]+$", description="the name of the zone of the user")
    authentication_scheme: Annotated[Literal["native", "pam_password", "pam_interactive"], BeforeValidator(_scheme)] = (
        Field("native", description=", ".join(SCHEMES[:-1]) + f" or {SCHEMES[-1]}")
    )
    password: SecretStr | None = Field(None, repr=False)
    password_made_by_server: bool = Field(
        False, description="true when the password is what a zone made at a PAM login, which logs in natively"
    )
    environment_file: LocalPath | None = None
    authentication_file: LocalPath | None = Field(None, description="the path of the file that iinit keeps (.irodsA)")
    home: LogicalPath = Field("", description="the home collection, an absolute logical path")
    cwd: LogicalPath = Field("", description="the collection that relative paths begin at, an absolute logical path")
    default_resource: str | None = Field(None, description="the name of a resource of the zone")
    client_server_negotiation: Literal["request_server_negotiation", "none", "off", ""] = Field(
        "", description=REQUEST_NEGOTIATION
    )
    client_server_policy: Annotated[
        Literal["CS_NEG_REFUSE", "CS_NEG_REQUIRE", "CS_NEG_DONT_CARE"], BeforeValidator(_upper)
    ] = Field(
        "CS_NEG_REFUSE",
        description="CS_NEG_REQUIRE (with TLS), CS_NEG_REFUSE (without) or CS_NEG_DONT_CARE (as the server demands)",
    )
    encryption_algorithm: str = "AES-256-CBC"
    encryption_key_size: int = Field(32, ge=1, description="the size of the key in bytes")
    encryption_num_hash_rounds: int = Field(16, ge=1, description="a number of rounds")
    encryption_salt_size: int = Field(8, ge=1, description="the size of the salt in bytes")
    default_hash_scheme: Annotated[
        Literal["md5", "sha1", "sha256", "sha512", "adler32"] | None, BeforeValidator(_hash_scheme)
    ] = Field(None, description="SHA256, SHA512, SHA1, MD5 or ADLER32")
    match_hash_policy: Annotated[Literal["compatible", "strict"], BeforeValidator(_lower)] = Field(
        "compatible", description="compatible or strict"
    )
    ssl_verify_server: Annotated[Literal["none", "cert", "hostname"], BeforeValidator(_lower)] = Field(
        "hostname", description="none, cert or hostname"
    )
    ssl_ca_certificate_file: LocalPath | None = Field(None, description="the path of a file of CA certificates")
    ssl_ca_certificate_path: LocalPath | None = Field(None, description="the path of a directory of CA certificates")
    environment: dict[str, Any] = Field({}, description="what else irods_environment.json holds, as it is there")

    @model_validator(mode="before")
    @classmethod
    def _follow_from_others(cls, values: dict[str, Any]) -> dict[str, Any]:
        implied: dict[str, Any] = {"home": f"/{values.get('zone')}/home/{values.get('user')}"}
        if _upper(values.get("client_server_policy")) in ("CS_NEG_REQUIRE", "CS_NEG_DONT_CARE"):
            implied["client_server_negotiation"] = REQUEST_NEGOTIATION
        return implied | values

    @property
    def may_use_tls(self) -> bool:
        return self.client_server_negotiation == REQUEST_NEGOTIATION and self.client_server_policy != "CS_NEG_REFUSE"

    def session_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `iRODSSession` that log in as this account."""
        arguments = {key: value for key, value in self.environment.items() if key not in NOT_OF_AN_ACCOUNT} | {
            "irods_host": self.host,
            "irods_port": self.port,
            "irods_user_name": self.user,
            "irods_zone_name": self.zone,
            "irods_home": self.home,
            "irods_authentication_scheme": "native" if self.password_made_by_server else self.authentication_scheme,
            "irods_client_server_negotiation": self.client_server_negotiation,
            "irods_client_server_policy": self.client_server_policy if self.may_use_tls else "CS_NEG_REFUSE",
            "irods_encryption_algorithm": self.encryption_algorithm,
            "irods_encryption_key_size": self.encryption_key_size,
            "irods_encryption_num_hash_rounds": self.encryption_num_hash_rounds,
            "irods_encryption_salt_size": self.encryption_salt_size,
            "irods_ssl_verify_server": self.ssl_verify_server,
            "password": "" if self.password is None else self.password.get_secret_value(),
        }
        if self.default_resource:
            arguments["irods_default_resource"] = self.default_resource
        if self.may_use_tls:
            arguments["ssl_context"] = self._ssl_context()
        return arguments

    def _ssl_context(self) -> ssl.SSLContext:
        # python-irodsclient's own context verifies nothing unless a CA is named; the icommands trust the system's.
        file, directory = self.ssl_ca_certificate_file, self.ssl_ca_certificate_path
        if directory is not None and not directory.is_dir():
            raise ConfigurationError(
                f"The CA certificates in {directory} can't be used (it is no directory): "
                "correct irods_ssl_ca_certificate_path."
            )
        try:
            context = ssl.create_default_context(cafile=file, capath=directory)
        except OSError as error:
            reason = "it holds none" if isinstance(error, ssl.SSLError) else os.strerror(error.errno or 0)
            raise ConfigurationError(
                f"The CA certificates in {file} can't be used ({reason}): "
                "set irods_ssl_ca_certificate_file to a file in PEM format."
            ) from None
        context.check_hostname = self.ssl_verify_server == "hostname"
        context.verify_mode = ssl.CERT_NONE if self.ssl_verify_server == "none" else ssl.CERT_REQUIRED
        return context


class MountConfig(BaseModel):
    """Everything that one mount needs to know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account: ZoneAccount
    name: str = Field(
        "", pattern=r"^([^/.][^/]*)?$", description="a name for this mount, without '/' and not starting with '.'"
    )
    mountpoint: LocalPath = Field(description="the path of an empty directory")
    collection: LogicalPath = Field(description="an absolute logical path")
    ticket: str | None = Field(None, min_length=1, repr=False, description="the string of a ticket")
    ticket_file: LocalPath | None = Field(None, description="the path of a file that holds the string of a ticket")
    resource: str | None = Field(None, description="the name of a resource, for new data objects")
    redirect: Annotated[Literal["auto", "on", "off"], BeforeValidator(_redirect)] = Field(
        "auto", description="auto, on or off"
    )
    read_only: bool = Field(False, description="true or false")
    allow_other: bool = Field(False, description="true or false")
    trash_after: Annotated[float, BeforeValidator(_age)] = Field(
        HOUR, ge=0, description="an age in seconds or as in 30m, 12h and 7d, or never"
    )
    checksum: bool = Field(False, description="true or false")
    verify: bool = Field(False, description="true or false")
    replace_keeps_metadata: bool = Field(True, description="true or false")
    write_back: bool = Field(False, description="true or false")
    posix_attributes: bool = Field(False, description="true or false")
    foreign_links: Annotated[Literal["follow", "refuse"], BeforeValidator(_lower)] = Field(
        "follow", description="follow or refuse"
    )
    uid: int | None = Field(None, ge=0, description="the number of a local user")
    gid: int | None = Field(None, ge=0, description="the number of a local group")
    umask: Annotated[int | None, BeforeValidator(_octal)] = Field(
        None, ge=0, le=0o777, description="permission bits to take away, in octal, such as 022"
    )
    cache_timeout: float = Field(5.0, ge=0, description="the seconds that entries may be old")
    connections: int = Field(
        8, ge=1, le=MOST_CONNECTIONS, description="the greatest number of connections to the zone, up to 128"
    )
    memory: int | None = Field(None, ge=1, description="the MiB of memory for the content of files")
    timeout: float = Field(60.0, gt=0, description="the seconds that one request may take")
    spool_directory: LocalPath = Field(description="the path of a directory for data not yet in the zone")
    strict_permissions: bool = Field(False, description="true or false")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", description="debug, info, warning or error"
    )

    @property
    def storing_resource(self) -> tuple[str | None, str]:
        """Where new data objects go, and in which zone: to the resource of the mount, else to that of the account.

        Where there is none (None), and in all other zones, the zone has the choice.
        """
        if self.resource:
            return self.resource, self.collection.split("/")[1] or self.account.zone
        return self.account.default_resource, self.account.zone


def default_name(mountpoint: Path) -> str:
    """A file name for the mount at `mountpoint`: readable, and different for every mount point."""
    digest = hashlib.sha256(str(mountpoint).encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{mountpoint.name[:40].lstrip('.')}-{digest}"
