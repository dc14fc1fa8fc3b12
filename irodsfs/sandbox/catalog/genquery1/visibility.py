"""What a GenQuery shows to whom: administrators see all, others what they, their groups or their ticket may read."""

from __future__ import annotations

from collections.abc import Iterator

from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.genquery1.conditions import Fragment
from irodsfs.sandbox.session import Session

READABLE = f"""
    EXISTS (SELECT 1 FROM R_OBJT_ACCESS OA WHERE OA.object_id = %s AND OA.access_type_id >= {int(Access.READ_OBJECT)}
        AND OA.user_id IN (SELECT UG.group_user_id FROM R_USER_GROUP UG, R_USER_MAIN UM
            WHERE UG.user_id = UM.user_id AND UM.user_name = ? AND UM.zone_name = ?
            AND UM.user_type_name <> 'rodsgroup'))"""
OWN_TICKETS = """R_TICKET_MAIN.user_id IN (
    SELECT user_id FROM R_USER_MAIN UM WHERE UM.user_name = ? AND UM.zone_name = ?)"""
TICKET_OBJECTS = "IN (SELECT object_id FROM R_TICKET_MAIN TICK WHERE TICK.ticket_string = ?)"
TICKET_COLLECTION = f"""R_COLL_MAIN.coll_id {TICKET_OBJECTS} OR R_COLL_MAIN.coll_name LIKE (
    SELECT TICKET_COLL.coll_name || '%' FROM R_COLL_MAIN TICKET_COLL WHERE TICKET_COLL.coll_id {TICKET_OBJECTS}
    ) ESCAPE '\\'"""


def restrictions(session: Session, selected: str, used: str) -> Iterator[Fragment]:
    """Conditions that keep from the session's user what it may not see.

    ``selected`` is the SQL of the select list, ``used`` that of the conditions and joins: the server decides by the
    table names in them, so a table that only a join passes through counts too.
    """
    if session.user.is_admin:
        return
    user = (session.user.name, session.user.zone)
    if "R_TICKET_MAIN.ticket_string" in selected:
        yield Fragment(OWN_TICKETS, user)
    mentions = selected + " " + used
    data, collections = "R_DATA_MAIN" in mentions, "R_COLL_MAIN" in mentions
    if session.ticket:
        yield from through_ticket(session.ticket, data, collections)
        return
    if data:
        yield Fragment(READABLE % "R_DATA_MAIN.data_id", user)
    if collections:
        yield Fragment(READABLE % "R_COLL_MAIN.coll_id", user)


def through_ticket(ticket: str, data: bool, collections: bool) -> Iterator[Fragment]:
    if data:
        yield Fragment(f"(R_DATA_MAIN.data_id {TICKET_OBJECTS} OR {TICKET_COLLECTION})", (ticket,) * 3)
    elif collections:
        yield Fragment(f"({TICKET_COLLECTION})", (ticket,) * 2)
