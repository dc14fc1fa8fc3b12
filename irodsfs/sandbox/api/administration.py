"""What administrators ask for: general administration (701) and user administration (714)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from irodsfs.sandbox.administration import (
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
from irodsfs.sandbox.error_numbers import IrodsError

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

Change = Callable[["Agent", list[str]], str | None]
ARGUMENTS = 10


@handles(701)
def general_administration(agent: Agent, request: Request) -> Reply:
    """A change for rodsadmins only."""
    if not (agent.user.is_admin and agent.proxy.is_admin):
        raise IrodsError("SYS_NO_API_PRIV")
    return perform(agent, request, GENERAL)


@handles(714)
def self_administration(agent: Agent, request: Request) -> Reply:
    """A change users may make of themselves and group administrators of their groups."""
    return perform(agent, request, FOR_USERS)


def perform(agent: Agent, request: Request, changes: dict[tuple[str, ...], Change]) -> Reply:
    """Does the change that the first or the first two arguments name; what it tells goes into the error stack."""
    arguments = [request.input.text(f"arg{position}") for position in range(ARGUMENTS)]
    for length in (2, 1):
        change = changes.get(tuple(arguments[:length]))
        if change is not None:
            with agent.catalog.transaction():
                told = change(agent, arguments[length:])
            return Reply(errors=((0, told),) if told else ())
    raise IrodsError("CAT_INVALID_ARGUMENT")


def add_user(agent: Agent, arguments: list[str]) -> None:
    name, kind, zone, authentication = arguments[:4]
    if kind == "rodsgroup":
        raise user_administration.not_allowed(
            "Error: Using 'add' with 'user' and type 'rodsgroup' is not allowed. Use 'add' with 'group' instead."
        )
    user_administration.create(agent, name, kind, zone, authentication)


def add_group(agent: Agent, arguments: list[str]) -> None:
    name, _, zone = arguments[:3]
    user_administration.create(agent, name, "rodsgroup", zone)


def remove_group(agent: Agent, arguments: list[str]) -> None:
    groups.find(agent, arguments[0])
    user_administration.remove(agent, *arguments[:2])


def make_user(agent: Agent, arguments: list[str]) -> None:
    name, password, zone = arguments[:3]
    user_administration.create(agent, name, "rodsuser", zone)
    if len(password) > password_administration.MAX_LENGTH:
        raise IrodsError("PASSWORD_EXCEEDS_MAX_SIZE")
    if password:
        user_administration.change_own_password(agent, name, "password", password)


def remove_unused_avus(agent: Agent, _: list[str]) -> None:
    agent.catalog.execute("DELETE FROM R_META_MAIN WHERE meta_id NOT IN (SELECT meta_id FROM R_OBJT_METAMAP)")


GENERAL: dict[tuple[str, ...], Change] = {
    ("add", "user"): add_user,
    ("add", "group"): add_group,
    ("add", "resource"): lambda agent, arguments: resource_administration.create(agent, *arguments[:5]),
    ("add", "childtoresc"): lambda agent, arguments: resource_administration.add_child(agent, *arguments[:3]),
    ("add", "specificQuery"): lambda agent, arguments: specific_query_administration.add(agent, *arguments[:2]),
    ("add", "token"): lambda agent, arguments: tokens.add(agent, *arguments[:6]),
    ("add", "zone"): lambda agent, arguments: zone_administration.add(agent, *arguments[:4]),
    ("modify", "user"): lambda agent, arguments: user_administration.modify(agent, *arguments[:3]),
    ("modify", "group"): lambda agent, arguments: groups.change(agent, *arguments[:4]),
    ("modify", "resource"): lambda agent, arguments: resource_administration.modify(agent, *arguments[:3]),
    ("modify", "zone"): lambda agent, arguments: zone_administration.modify(agent, *arguments[:3]),
    ("rm", "user"): lambda agent, arguments: user_administration.remove(agent, *arguments[:2]),
    ("rm", "group"): remove_group,
    ("rm", "resource"): lambda agent, arguments: resource_administration.remove(agent, *arguments[:2]),
    ("rm", "childfromresc"): lambda agent, arguments: resource_administration.remove_child(agent, *arguments[:2]),
    ("rm", "specificQuery"): lambda agent, arguments: specific_query_administration.remove(agent, arguments[0]),
    ("rm", "token"): lambda agent, arguments: tokens.remove(agent, *arguments[:2]),
    ("rm", "zone"): lambda agent, arguments: zone_administration.remove(agent, arguments[0]),
    ("rm", "unusedAVUs"): remove_unused_avus,
    ("set-quota",): lambda agent, arguments: quota_administration.set_limit(agent, *arguments[:4]),
    ("calculate-usage",): lambda agent, _: quota_administration.calculate_usage(agent),
}

FOR_USERS: dict[tuple[str, ...], Change] = {
    ("userpw",): lambda agent, arguments: user_administration.change_own_password(agent, *arguments[:3]),
    ("modify", "group"): lambda agent, arguments: groups.change(agent, *arguments[:4]),
    ("mkuser",): make_user,
    ("mkgroup",): lambda agent, arguments: user_administration.create(agent, *arguments[:3]),
}
