from __future__ import annotations

import os
import posixpath
import tomllib
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path, user_config_path
from pydantic import SecretStr

from irodsfs.config.address import is_address, parse_address
from irodsfs.config.environment import (
    ACCOUNT_FIELDS,
    default_environment_file,
    find_authentication_file,
    read_authentication_file,
    read_environment_file,
    read_environment_variables,
)
from irodsfs.config.models import MOST_CONNECTIONS, MountConfig, ZoneAccount, default_name
from irodsfs.config.settings import Setting, Settings, build, from_keywords, read_file
from irodsfs.user_errors import ConfigurationError

PASSWORD_VARIABLE = "IRODSFS_PASSWORD"  # noqa: S105 - the name of the variable, not its value
TICKET_VARIABLE = "IRODSFS_TICKET"
AskPassword = Callable[[str], str]

INTERACTIVE = "pam_interactive"
THREADS = "irods_default_number_of_transfer_threads"
_IDENTITY = ("host", "port", "user", "zone")


def load(options: Settings, *, config_file: Path | None = None, ask_password: AskPassword | None = None) -> MountConfig:
    """The configuration of one mount: defaults < TOML files < iRODS environment < `options`.

    `options` holds fields of MountConfig, and `zone`: an address, or the path of an environment file.
    A `name` among them adds the file NAME.toml. Raises ConfigurationError.
    """
    settings, configured_account = _read_files(config_file, options.get("name"))
    zone = options.get("zone") or settings.pop("zone", None)
    account_settings, collection_of_address = _describe_zone(zone, configured_account)
    account = _account(account_settings)
    collection = options.get("collection") or collection_of_address or settings.get("collection")
    ticket = _find_ticket(options, settings)
    settings |= {key: value for key, value in options.items() if key != "zone"}
    settings = {key: value for key, value in settings.items() if key != "ticket"} | ticket
    settings["collection"] = _absolute(collection, account)
    settings = _connections(account) | settings
    settings["account"] = Setting(_with_password(account, ask_password), "the account")
    return build(MountConfig, _with_local_names(settings))


def load_account(zone: Setting | None) -> ZoneAccount:
    """How to reach a zone, for those whose users bring passwords of their own. Raises ConfigurationError."""
    _, configured = _read_files(None, None)
    settings, _ = _describe_zone(zone, configured)
    return _account(settings)


def load_login(zone: Setting | None, ask_password: AskPassword | None) -> ZoneAccount:
    """How to reach a zone and log in there, for what needs no mount. Raises ConfigurationError."""
    return _with_password(load_account(zone), ask_password)


def _read_files(config_file: Path | None, name: Setting | None) -> tuple[dict[str, Setting], dict[str, Setting]]:
    settings: dict[str, Setting] = {}
    account: dict[str, Setting] = {}
    for path in _configuration_files(config_file, name):
        values = read_file(path, tomllib.loads, "TOML", "create it, or leave out the option that names it")
        account |= from_keywords(_account_table(values, path), f"[account] of {path}")
        settings |= from_keywords(values, str(path))
    return settings, account


def _configuration_files(config_file: Path | None, name: Setting | None) -> list[Path]:
    directory = user_config_path("irodsfs")
    common = directory / "config.toml"
    files = [config_file] if config_file else [common] if common.exists() else []
    return [*files, directory / f"{name.value}.toml"] if name else files


def _account_table(values: dict[str, object], path: Path) -> dict[str, object]:
    account = values.pop("account", {})
    if not isinstance(account, dict):
        raise ConfigurationError(f"account in {path} is {account!r}: write a table, [account].")
    if "password" in account or "password" in values:
        raise ConfigurationError(
            f"password in {path} must not be there: run irodsfs login, or set {PASSWORD_VARIABLE}."
        )
    for key in account.keys() - ACCOUNT_FIELDS:
        raise ConfigurationError(f"{key} in [account] of {path} is not a setting: {', '.join(ACCOUNT_FIELDS)} are.")
    return account


def _describe_zone(zone: Setting | None, configured: Settings) -> tuple[dict[str, Setting], Setting | None]:
    """Settings of the account, and the collection that an address names."""
    if zone is not None and is_address(zone.value):
        return _describe_address(zone.value, configured)
    path = Path(zone.value).expanduser().absolute() if zone else default_environment_file()
    settings = {**configured, **read_environment_variables()}
    if zone is not None or path.exists() or not settings.keys() >= {"host", "user", "zone"}:
        settings = {**configured, **read_environment_file(path), **read_environment_variables()}
    return _with_authentication_file(settings, path), None


def _describe_address(address: str, configured: Settings) -> tuple[dict[str, Setting], Setting]:
    named, collection = parse_address(address)
    path = default_environment_file()
    own = {**read_environment_file(path), **read_environment_variables()} if path.exists() else {}
    if _is_same_account(named, own):
        return _with_authentication_file({**configured, **own, **named}, path), collection
    # Another account's password and settings must not reach a server that they aren't meant for.
    return {**configured, **named}, collection


def _is_same_account(named: Settings, own: Settings) -> bool:
    return all(key in own and str(own[key].value) == str(named[key].value) for key in _IDENTITY if key in named)


def _with_authentication_file(settings: dict[str, Setting], environment_file: Path) -> dict[str, Setting]:
    found = find_authentication_file(environment_file)
    return {"authentication_file": Setting(found, str(found))} | settings if found else settings


def _account(settings: Settings) -> ZoneAccount:
    account = build(ZoneAccount, settings)
    if account.client_server_policy == "CS_NEG_REQUIRE" and not account.may_use_tls:
        raise ConfigurationError(
            "CS_NEG_REQUIRE can't be had without negotiation: set irods_client_server_negotiation to "
            "request_server_negotiation, or leave it out."
        )
    return account


def _find_ticket(options: Settings, configured: Settings) -> dict[str, Setting]:
    """The ticket of the command line, else that of the environment, else that of the configuration."""
    variable = os.environ.get(TICKET_VARIABLE)
    environment = {"ticket": Setting(variable, TICKET_VARIABLE)} if variable else {}
    for settings in (options, environment, configured):
        if "ticket" in settings:
            return {"ticket": settings["ticket"]}
        if "ticket_file" in settings:
            return {"ticket": read_ticket(settings["ticket_file"])}
    return {}


def read_ticket(file: Setting) -> Setting:
    """The string that a file holds. Raises ConfigurationError."""
    try:
        ticket = Path(file.value).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.value} ({file.origin}) can't be read as a ticket: {error}.") from None
    if not ticket:
        raise ConfigurationError(f"{file.value} ({file.origin}) holds no ticket: write its string into it.")
    return Setting(ticket, str(file.value))


def _absolute(collection: Setting | None, account: ZoneAccount) -> Setting:
    if collection is None:
        return Setting(account.home, "the home collection")
    return Setting(posixpath.join(account.cwd or account.home, str(collection.value)), collection.origin)


def _connections(account: ZoneAccount) -> dict[str, Setting]:
    """As many as the environment wants for one transfer, where that is more than there are otherwise."""
    threads = str(account.environment.get(THREADS, ""))
    usual = MountConfig.model_fields["connections"].default
    if not threads.isdecimal() or int(threads) <= usual:
        return {}
    return {"connections": Setting(min(int(threads), MOST_CONNECTIONS), THREADS)}


def _with_password(account: ZoneAccount, ask: AskPassword | None) -> ZoneAccount:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None and account.authentication_file is not None:
        uid = account.environment.get("irods_authentication_uid")
        kept = SecretStr(read_authentication_file(account.authentication_file, uid))
        made_by_server = account.authentication_scheme != "native"
        return account.model_copy(update={"password": kept, "password_made_by_server": made_by_server})
    if account.authentication_scheme == INTERACTIVE:
        raise ConfigurationError(
            f"The scheme {INTERACTIVE} asks questions before it gives a password for {account.user}: run irodsfs login."
        )
    if given is None and account.user != "anonymous":
        given = _ask_password(account, ask)
    return account.model_copy(update={"password": SecretStr(given or "")})


def with_current_password(account: ZoneAccount) -> ZoneAccount:
    """An account with the password that irodsfs login has kept by now; as it is where its password came from elsewhere.

    Raises ConfigurationError when the file is gone or spoilt.
    """
    if PASSWORD_VARIABLE in os.environ or account.authentication_file is None:
        return account
    return _with_password(account, None)


def _ask_password(account: ZoneAccount, ask: AskPassword | None) -> str:
    who = f"{account.user} in zone {account.zone} on {account.host}"
    if ask is None:
        raise ConfigurationError(
            f"There is no password for {who}: run irodsfs login, set {PASSWORD_VARIABLE}, or mount from a terminal."
        )
    return ask(f"Password of {who}: ")


def _with_local_names(settings: dict[str, Setting]) -> dict[str, Setting]:
    mountpoint = settings.get("mountpoint")
    if mountpoint is None:
        return settings
    path = Path(mountpoint.value).expanduser().absolute()
    name = settings.get("name") or Setting(default_name(path), "the mount point")
    spool = Setting(user_cache_path("irodsfs") / str(name.value), "the name")
    return {"spool_directory": spool} | settings | {"name": name}
