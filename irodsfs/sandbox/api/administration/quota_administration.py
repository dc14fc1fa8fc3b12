"""Quotas: limits in bytes for groups, usage, and by how much it is over a limit.

As on a fresh server no policy enforces them, so being over quota hinders nobody, unless the zone `enforces_quotas` as
servers do whose acRescQuotaPolicy says "on".
"""

from __future__ import annotations

import re

from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

TOTAL = 0


def set_limit(session: Session, kind: str, name: str, resource: str, limit: str) -> None:
    """Sets ("0": removes) a limit in bytes on a resource or in "total"; users, unlike groups, get none but 0."""
    if kind not in ("user", "group"):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    resource_id = TOTAL if resource.startswith("total") else entities.resource(session, resource)
    number = re.match(r"-?[0-9]{1,18}(?![0-9])", limit)
    if number is None:
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    if kind == "user" and int(number[0]):
        raise IrodsError("SYS_NOT_ALLOWED")
    owner = owner_of(session, kind, name)
    session.catalog.execute("DELETE FROM R_QUOTA_MAIN WHERE user_id = ? AND resc_id = ?", owner, resource_id)
    if int(number[0]) > 0:
        session.catalog.execute(
            "INSERT INTO R_QUOTA_MAIN (user_id, resc_id, quota_limit, modify_ts) VALUES (?, ?, ?, ?)",
            owner,
            resource_id,
            int(number[0]),
            now(),
        )
    mark_excess(session)


def owner_of(session: Session, kind: str, name: str) -> int:
    user, zone = entities.split_user_name(name)
    is_group = kind == "group"
    found: int | None = session.catalog.value(
        "SELECT user_id FROM R_USER_MAIN WHERE user_name = ? AND zone_name = ? AND (user_type_name = 'rodsgroup') = ?",
        user,
        zone or session.zone.name,
        is_group,
    )
    if found is None:
        raise IrodsError("CAT_INVALID_GROUP" if is_group else "CAT_INVALID_USER")
    return found


def calculate_usage(session: Session) -> None:
    """Sums the bytes of every owner's replicas for each resource."""
    session.catalog.execute("DELETE FROM R_QUOTA_USAGE")
    session.catalog.execute(
        "INSERT INTO R_QUOTA_USAGE (quota_usage, resc_id, user_id, modify_ts)"
        " SELECT sum(d.data_size), d.resc_id, u.user_id, ? FROM R_DATA_MAIN d JOIN R_RESC_MAIN r USING (resc_id)"
        " JOIN R_USER_MAIN u ON u.user_name = d.data_owner_name AND u.zone_name = d.data_owner_zone"
        " GROUP BY d.resc_id, u.user_id",
        now(),
    )
    mark_excess(session)


def mark_excess(session: Session) -> None:
    """Notes with every limit how far its owner's usage is over it (negative: below)."""
    session.catalog.execute(
        "UPDATE R_QUOTA_MAIN SET quota_over = coalesce((SELECT sum(usage.quota_usage) FROM R_QUOTA_USAGE usage"
        " JOIN R_USER_GROUP g ON g.user_id = usage.user_id WHERE g.group_user_id = R_QUOTA_MAIN.user_id"
        " AND R_QUOTA_MAIN.resc_id IN (usage.resc_id, ?)), 0) - quota_limit",
        TOTAL,
    )


def require_room(session: Session, resource_id: int, size: int) -> None:
    """Raises IrodsError when `size` more bytes (-1: unknown) would be over a limit of the user or one of its groups."""
    if not session.zone.enforces_quotas:
        return
    over = session.catalog.value(
        "SELECT max(q.quota_over) FROM R_QUOTA_MAIN q JOIN R_USER_GROUP g ON g.group_user_id = q.user_id"
        " WHERE g.user_id = ? AND q.resc_id IN (?, ?)",
        session.user.id,
        resource_id,
        TOTAL,
    )
    # The server takes exactly nothing left for no limit.
    if over and over + size > 0:
        raise IrodsError("SYS_RESC_QUOTA_EXCEEDED")
