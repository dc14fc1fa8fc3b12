"""The iRODS environment of the icommands: `irods_environment.json`, IRODS_* variables and `.irodsA`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from irods.password_obfuscation import decode, seq_list, wheel

from irodsfs.config.models import ZoneAccount
from irodsfs.config.settings import Setting, from_keywords, read_file
from irodsfs.user_errors import ConfigurationError

DEFAULT_DIRECTORY = Path("~/.irods")

KEY = 6
"""Where the letter is in a scrambled password that tells the sequence it was scrambled with."""

_NAMES_OF_THEIR_OWN = {"irods_user_name": "user", "irods_zone_name": "zone"}
_NOT_OF_THE_ENVIRONMENT = {"user", "zone", "password", "password_made_by_server", "environment_file", "environment"}
_FIELDS = {
    **_NAMES_OF_THEIR_OWN,
    **{f"irods_{field}": field for field in ZoneAccount.model_fields if field not in _NOT_OF_THE_ENVIRONMENT},
}
ACCOUNT_FIELDS = tuple(sorted(_FIELDS.values()))


def default_environment_file() -> Path:
    named = os.environ.get("IRODS_ENVIRONMENT_FILE")
    return Path(named).expanduser() if named else DEFAULT_DIRECTORY.expanduser() / "irods_environment.json"


def read_environment_file(path: Path) -> dict[str, Setting]:
    """Account settings from an `irods_environment.json`; what has no field of its own goes into `environment`."""
    values = read_file(path, json.loads, "JSON", f"run irodsfs login, or mount {_other_ways()}")
    if "password" in values:
        raise ConfigurationError(f"password in {path} must not be there: remove it and run irodsfs login.")
    settings = from_keywords(values, str(path))
    account = {field: settings[key] for key, field in _FIELDS.items() if values.get(key) not in (None, "")}
    rest = {key: value for key, value in values.items() if key.startswith("irods_") and key not in _FIELDS}
    return account | {
        "environment": Setting(rest, str(path)),
        "environment_file": Setting(path, str(path)),
    }


def _other_ways() -> str:
    return "irods://user@host:port/zone/path or the path of an environment file"


def read_environment_variables() -> dict[str, Setting]:
    """Account settings from the variables that the icommands read: IRODS_HOST, IRODS_PORT, IRODS_USER_NAME, ..."""
    named = {field: key.upper() for key, field in _FIELDS.items()}
    return {
        field: Setting(os.environ[variable], f"{variable} in the environment")
        for field, variable in named.items()
        if os.environ.get(variable)
    }


def find_authentication_file(environment_file: Path | None) -> Path | None:
    """`.irodsA` beside the environment file, else the one in ~/.irods; None when neither exists."""
    directories = [environment_file.parent] if environment_file else []
    return _first_existing(directory / ".irodsA" for directory in [*directories, DEFAULT_DIRECTORY.expanduser()])


def _first_existing(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.exists()), None)


def read_authentication_file(path: Path, uid: int | None) -> str:
    """The password that a login has kept, which is scrambled with the number of the local user, `uid`."""
    try:
        text = path.read_text("utf-8").rstrip("\n")
        if not _is_scrambled_for(text, os.getuid() if uid is None else uid):
            raise ConfigurationError(
                f"{path} was made by another local user than you, or is spoilt: run irodsfs login, or set "
                "irods_authentication_uid to the number of that user."
            )
        return str(decode(text, uid))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigurationError(
            f"{path} can't be read ({reason}): run irodsfs login, or set IRODSFS_PASSWORD."
        ) from None
    except (IndexError, ValueError):
        raise ConfigurationError(f"{path} does not hold a password as a login keeps it: run irodsfs login.") from None


def _is_scrambled_for(text: str, uid: int) -> bool:
    """Whether the mark before a password, scrambled as the password is, is what it must be for that local user."""
    sequence = ord(text[KEY]) - ord("e")
    if sequence < 0:
        raise ValueError(f"there is no sequence {sequence}")
    mark = chr(ord("S") - (sequence & 7) * 2)
    offset = (seq_list[sequence] & 0x1F) + (uid & 0xF5F)
    return bool(text[1] == wheel[(wheel.index(mark) + offset) % len(wheel)])
