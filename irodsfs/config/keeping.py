"""What a login leaves for this program, the icommands and python-irodsclient: settings and a scrambled password."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from irods.password_obfuscation import encode

from irodsfs.config.environment import DEFAULT_DIRECTORY, read_authentication_file
from irodsfs.config.models import ZoneAccount
from irodsfs.config.settings import read_file
from irodsfs.private_files import write_private
from irodsfs.user_errors import ConfigurationError

PASSWORD_FILE = ".irodsA"  # noqa: S105 - the name of the file
FORMER = ".before"
"""What is added to the name of an environment file of another account, which is kept."""

_IDENTITY = ("irods_host", "irods_port", "irods_user_name", "irods_zone_name")


def password_file(environment_file: Path) -> Path:
    """Where a password is kept: `IRODS_AUTHENTICATION_FILE`, else beside the environment file."""
    named = os.environ.get("IRODS_AUTHENTICATION_FILE")
    return Path(named).expanduser().absolute() if named else environment_file.with_name(PASSWORD_FILE)


def keep(account: ZoneAccount, password: str, environment_file: Path, *, scheme: str) -> Path:
    """Write both files (0600); answers where the password is. `scheme` is how the zone's clients call it.

    Settings of the same account that are there already stay; the file of another account is renamed.
    """
    secret = password_file(environment_file)
    settings = _settings(account, scheme)
    if not _is_default(secret):
        settings["irods_authentication_file"] = str(secret)
    try:
        for directory in (secret.parent, environment_file.parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(secret, encode(password, uid=_uid(account)).encode())
        former = _former(environment_file)
        if former and any(str(former.get(key, "")) != str(settings[key]) for key in _IDENTITY):
            environment_file.replace(environment_file.with_name(environment_file.name + FORMER))
            former = {}
        write_private(environment_file, json.dumps(former | settings, indent=4).encode() + b"\n")
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigurationError(f"{error.filename or environment_file} can't be written: {reason}.") from None
    return secret


def replace_kept(account: ZoneAccount, old: str, new: str) -> None:
    """Keep a new password where the old one is kept, if it is."""
    secret = account.authentication_file
    if secret is None or read_authentication_file(secret, _uid(account)) != old:
        return
    try:
        write_private(secret, encode(new, uid=_uid(account)).encode())
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        told = f"The password is changed, but {secret} can't be written ({reason}): run irodsfs login."
        raise ConfigurationError(told) from None


def forget(environment_file: Path) -> Path | None:
    """Remove the password; answers where it was, None when there was none."""
    secret = password_file(environment_file)
    if not secret.exists() and not os.environ.get("IRODS_AUTHENTICATION_FILE"):
        named = _former(environment_file).get("irods_authentication_file")
        secret = Path(str(named)).expanduser() if named else DEFAULT_DIRECTORY.expanduser() / PASSWORD_FILE
    try:
        secret.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{secret} can't be removed: {os.strerror(error.errno or 0)}.") from None
    return secret


def _is_default(secret: Path) -> bool:
    return secret == DEFAULT_DIRECTORY.expanduser() / PASSWORD_FILE


def _uid(account: ZoneAccount) -> int:
    named = account.environment.get("irods_authentication_uid")
    return os.getuid() if named is None else int(named)


def _former(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    return read_file(file, json.loads, "JSON", "remove it")


def _settings(account: ZoneAccount, scheme: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "irods_host": account.host,
        "irods_port": account.port,
        "irods_user_name": account.user,
        "irods_zone_name": account.zone,
        "irods_home": account.home,
        "irods_authentication_scheme": scheme,
        "irods_client_server_negotiation": "request_server_negotiation",
        "irods_client_server_policy": account.client_server_policy,
    }
    if account.client_server_policy == "CS_NEG_REFUSE":
        return settings
    settings |= {
        "irods_ssl_verify_server": account.ssl_verify_server,
        "irods_encryption_algorithm": account.encryption_algorithm,
        "irods_encryption_key_size": account.encryption_key_size,
        "irods_encryption_num_hash_rounds": account.encryption_num_hash_rounds,
        "irods_encryption_salt_size": account.encryption_salt_size,
    }
    for name in ("ssl_ca_certificate_file", "ssl_ca_certificate_path"):
        place = getattr(account, name)
        if place is not None:
            settings[f"irods_{name}"] = str(place)
    return settings
