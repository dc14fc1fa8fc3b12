"""Making another zone known to this one, as its administrator would."""

from __future__ import annotations

import re

from irodsfs.sandbox.api.administration import user_administration, zone_administration
from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.inner_session import session_of
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.served_zone import Zone

PARTNER = re.compile(r"(?P<name>[\w.]+)=(?P<address>[^:]+:\d+)", re.ASCII)


def split_partner(text: str) -> tuple[str, str] | None:
    """Name and address of ``ZONE=HOST:PORT``; None for anything else."""
    match = PARTNER.fullmatch(text)
    return (match["name"], match["address"]) if match else None


def introduce(zone: Zone, name: str, address: str) -> None:
    """Registers another zone at an address; its administrator becomes an ordinary user here.

    Raises IrodsError for a name that no zone can have, or that this one has.
    """
    if name == zone.name:
        raise IrodsError("CAT_INVALID_ARGUMENT", f"{name} is this zone itself")
    known = "SELECT 1 FROM R_ZONE_MAIN WHERE zone_name = ?"
    with session_of(zone, ADMINISTRATOR) as (session, _), session.catalog.transaction():
        if session.catalog.value(known, name) is None:
            zone_administration.add(session, name, "remote", address)
        else:
            zone_administration.modify(session, name, "conn", address)
        if entities.find_user(session, ADMINISTRATOR, name) is None:
            user_administration.create(session, f"{ADMINISTRATOR}#{name}", "rodsuser")
