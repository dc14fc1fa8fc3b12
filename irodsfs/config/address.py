"""The address of a zone: `irods://user@host:port/zone/path`.

For a path in another zone, the user's own zone is named with the user: `irods://user%23zone@host:port/other/path`.
"""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from irodsfs.config.settings import Setting
from irodsfs.user_errors import ConfigurationError

SCHEME = "irods://"
FORM = "irods://user@host:port/zone/path"


def is_address(zone: str) -> bool:
    return zone.startswith(SCHEME)


def parse_beginning(address: str) -> dict[str, Setting]:
    """Account settings that an address names of which the end, and the user, may be missing."""
    rest = address.removeprefix(SCHEME)
    _require_no_password(rest)
    place, _, path = rest.partition("/")
    user, _, server = place.rpartition("@")
    try:
        parts = urlsplit(f"{SCHEME}{server}")
        host = parts.hostname
    except ValueError as error:
        raise ConfigurationError(f"{address} is not an address ({error}): write {FORM}.") from None
    if not host:
        raise ConfigurationError(f"{address} does not name a host: write {FORM}.")
    values = {
        "host": host,
        "port": _port(parts, address),
        "user": unquote(user),
        "zone": unquote(path).split("/")[0],
    }
    return {key: Setting(value, f"the address {address}") for key, value in values.items() if value}


def _require_no_password(rest: str) -> None:
    if "@" in rest.split("/", 1)[0] and ":" in rest.split("@", 1)[0]:
        raise ConfigurationError(
            "An address must not hold a password, which others could read in the list of processes: "
            f"write {FORM} and give the password when asked, in IRODSFS_PASSWORD, or to irodsfs login."
        )


def parse_address(address: str) -> tuple[dict[str, Setting], Setting]:
    """Account settings and the collection that `address` names; ConfigurationError when it is malformed."""
    _require_no_password(address.removeprefix(SCHEME))
    parts = _split(address)
    origin = f"the address {address}"
    collection = unquote(parts.path).rstrip("/")
    user, _, zone = unquote(parts.username or "").partition("#")
    values = {
        "host": parts.hostname,
        "port": _port(parts, address),
        "user": user,
        "zone": zone or (collection.split("/")[1] if collection else ""),
    }
    return {key: Setting(value, origin) for key, value in values.items() if value}, Setting(collection, origin)


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise ConfigurationError(f"{address} is not an address ({error}): write {FORM}.") from None
    if not (parts.hostname and parts.username and parts.path.strip("/")) or parts.query or parts.fragment:
        raise ConfigurationError(f"{address} does not name user, host and zone: write {FORM}.")
    return parts


def _port(parts: SplitResult, address: str) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ConfigurationError(f"The port in {address} is no number from 1 to 65535: write {FORM}.") from None
