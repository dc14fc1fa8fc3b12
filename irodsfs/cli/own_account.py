"""Whom the iRODS environment of this user names, read without what checks it: to tell whose mounts are of use."""

from __future__ import annotations

import json
import os
from pathlib import Path

from irodsfs.cli.records import Record

_FIELDS = {
    "host": "irods_host",
    "port": "irods_port",
    "user": "irods_user_name",
    "zone": "irods_zone_name",
}
DEFAULT_PORT = "1247"


def own_account() -> dict[str, str]:
    """Those of host, port, user and zone that the environment names; nothing when there is none."""
    named = os.environ.get("IRODS_ENVIRONMENT_FILE")
    file = Path(named or "~/.irods/irods_environment.json").expanduser()
    try:
        kept = json.loads(file.read_bytes())
    except (OSError, ValueError):
        kept = {}  # whoever needs it says what is wrong with it
    values = kept if isinstance(kept, dict) else {}
    found = {field: os.environ.get(key.upper()) or values.get(key) for field, key in _FIELDS.items()}
    account = {field: str(value) for field, value in found.items() if value}
    return {"port": DEFAULT_PORT} | account if account else {}


def is_of(record: Record, account: dict[str, str]) -> bool:
    """Whether a mount works as that account, of which anything may be untold."""
    return all(str(getattr(record, field)) == value for field, value in account.items())
