"""What administrators ask for: general administration (701) and user administration (714)."""

from __future__ import annotations

from collections.abc import Callable

from irodsfs.sandbox.api.administration import (
    groups,
    password_administration,
    quota_administration,
    resource_administration,
    specific_query_administration,
    tokens,
    user_administration,
    zone_administration,
)
from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

Change = Callable[[Session, list[str]], str | None]
ARGUMENTS = 10


@handles(701)
def general_administration(session: Session, request: Request) -> Reply:
    """A change for rodsadmins only."""
    if not (session.user.is_admin and session.proxy.is_admin):
        raise IrodsError("SYS_NO_API_PRIV")
    return perform(session, request, GENERAL)


@handles(714)
def self_administration(session: Session, request: Request) -> Reply:
    """A change users may make of themselves and group administrators of their groups."""
    return perform(session, request, FOR_USERS)


def perform(session: Session, request: Request, changes: dict[tuple[str, ...], Change]) -> Reply:
    """Does the change that the first or the first two arguments name; what it tells goes into the error stack."""
    arguments = [request.input.text(f"arg{position}") for position in range(ARGUMENTS)]
    for length in (2, 1):
        change = changes.get(tuple(arguments[:length]))
        if change is not None:
            with session.catalog.transaction():
                told = change(session, arguments[length:])
            return Reply(errors=((0, told),) if told else ())
    raise IrodsError("CAT_INVALID_ARGUMENT")


def add_user(session: Session, arguments: list[str]) -> None:
    name, kind, zone, authentication = arguments[:4]
    if kind == "rodsgroup":
        raise user_administration.not_allowed(
            "Error: Using 'add' with 'user' and type 'rodsgroup' is not allowed. Use 'add' with 'group' instead."
        )
    user_administration.create(session, name, kind, zone, authentication)


def add_group(session: Session, arguments: list[str]) -> None:
    name, _, zone = arguments[:3]
    user_administration.create(session, name, "rodsgroup", zone)


def remove_group(session: Session, arguments: list[str]) -> None:
    groups.find(session, arguments[0])
    user_administration.remove(session, *arguments[:2])


def make_user(session: Session, arguments: list[str]) -> None:
    name, password, zone = arguments[:3]
    user_administration.create(session, name, "rodsuser", zone)
    if len(password) > password_administration.MAX_LENGTH:
        raise IrodsError("PASSWORD_EXCEEDS_MAX_SIZE")
    if password:
        user_administration.change_own_password(session, name, "password", password)


def remove_unused_avus(session: Session, _: list[str]) -> None:
    session.catalog.execute("DELETE FROM R_META_MAIN WHERE meta_id NOT IN (SELECT meta_id FROM R_OBJT_METAMAP)")


GENERAL: dict[tuple[str, ...], Change] = {
    ("add", "user"): add_user,
    ("add", "group"): add_group,
    ("add", "resource"): lambda session, arguments: resource_administration.create(session, *arguments[:5]),
    ("add", "childtoresc"): lambda session, arguments: resource_administration.add_child(session, *arguments[:3]),
    ("add", "specificQuery"): lambda session, arguments: specific_query_administration.add(session, *arguments[:2]),
    ("add", "token"): lambda session, arguments: tokens.add(session, *arguments[:6]),
    ("add", "zone"): lambda session, arguments: zone_administration.add(session, *arguments[:4]),
    ("modify", "user"): lambda session, arguments: user_administration.modify(session, *arguments[:3]),
    ("modify", "group"): lambda session, arguments: groups.change(session, *arguments[:4]),
    ("modify", "resource"): lambda session, arguments: resource_administration.modify(session, *arguments[:3]),
    ("modify", "zone"): lambda session, arguments: zone_administration.modify(session, *arguments[:3]),
    ("rm", "user"): lambda session, arguments: user_administration.remove(session, *arguments[:2]),
    ("rm", "group"): remove_group,
    ("rm", "resource"): lambda session, arguments: resource_administration.remove(session, *arguments[:2]),
    ("rm", "childfromresc"): lambda session, arguments: resource_administration.remove_child(session, *arguments[:2]),
    ("rm", "specificQuery"): lambda session, arguments: specific_query_administration.remove(session, arguments[0]),
    ("rm", "token"): lambda session, arguments: tokens.remove(session, *arguments[:2]),
    ("rm", "zone"): lambda session, arguments: zone_administration.remove(session, arguments[0]),
    ("rm", "unusedAVUs"): remove_unused_avus,
    ("set-quota",): lambda session, arguments: quota_administration.set_limit(session, *arguments[:4]),
    ("calculate-usage",): lambda session, _: quota_administration.calculate_usage(session),
}

FOR_USERS: dict[tuple[str, ...], Change] = {
    ("userpw",): lambda session, arguments: user_administration.change_own_password(session, *arguments[:3]),
    ("modify", "group"): lambda session, arguments: groups.change(session, *arguments[:4]),
    ("mkuser",): make_user,
    ("mkgroup",): lambda session, arguments: user_administration.create(session, *arguments[:3]),
}
