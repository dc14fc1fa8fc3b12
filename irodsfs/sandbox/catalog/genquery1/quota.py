"""The quota query: which limits apply to a user, on a resource or in all, as its own or through its groups."""

from __future__ import annotations

from irodsfs.sandbox.catalog.genquery1 import genquery1_columns
from irodsfs.sandbox.catalog.genquery1.conditions import Fragment
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

RESULT_COLUMNS = (
    genquery1_columns.QUOTA_USER_ID,
    genquery1_columns.R_RESC_NAME,
    genquery1_columns.QUOTA_LIMIT,
    genquery1_columns.QUOTA_OVER,
    genquery1_columns.QUOTA_RESC_ID,
)
WANTED = "SELECT DISTINCT QM.user_id, RM.resc_name, QM.quota_limit, QM.quota_over, QM.resc_id"
MEMBER = "UM.user_name = ? AND UM.zone_name = ? AND UG.user_id = UM.user_id AND QM.user_id = UG.group_user_id"
SELF = "UM.user_name = ? AND UM.zone_name = ? AND QM.user_id = UM.user_id"
GROUP_TABLES = "R_QUOTA_MAIN QM, R_RESC_MAIN RM, R_USER_GROUP UG, R_USER_MAIN UM"
OWN_TABLES = "R_QUOTA_MAIN QM, R_RESC_MAIN RM, R_USER_MAIN UM"


def statement(session: Session, query: Query) -> Fragment:
    """The SQL of a quota query; its conditions hold a bare user name and, perhaps, a bare resource name."""
    given = dict(query.conditions)
    if genquery1_columns.USER_NAME not in given:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    name, _, zone = given[genquery1_columns.USER_NAME].partition("#")
    resource = given.get(genquery1_columns.R_RESC_NAME)
    values = [name, zone or session.zone.name]
    on_resource = ""
    if resource is not None:
        on_resource = " AND RM.resc_name = ?"
        values.append(resource)
    return Fragment(
        f"{WANTED} FROM {GROUP_TABLES} WHERE QM.resc_id = RM.resc_id AND {MEMBER}{on_resource}"
        f" UNION {WANTED} FROM {GROUP_TABLES} WHERE QM.resc_id = 0 AND {MEMBER}{on_resource}"
        f" UNION {WANTED} FROM {OWN_TABLES} WHERE QM.resc_id IN (RM.resc_id, 0) AND {SELF}{on_resource}"
        " ORDER BY quota_over DESC",
        tuple(values * 3),
    )
