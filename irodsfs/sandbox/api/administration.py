"""What administrators ask for: general administration (701) and user administration (714)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from irodsfs.sandbox.administration import groups, passwords, quotas, resources, specific_queries, tokens, users, zones
from irodsfs.sandbox.api.registry import Reply, Request, handles
from irodsfs.sandbox.errors import IrodsError

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
def user_administration(agent: Agent, request: Request) -> Reply:
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
        raise users.not_allowed(
            "Error: Using 'add' with 'user' and type 'rodsgroup' is not allowed. Use 'add' with 'group' instead."
        )
    users.create(agent, name, kind, zone, authentication)


def add_group(agent: Agent, arguments: list[str]) -> None:
    name, _, zone = arguments[:3]
    users.create(agent, name, "rodsgroup", zone)


def remove_group(agent: Agent, arguments: list[str]) -> None:
    groups.find(agent, arguments[0])
    users.remove(agent, *arguments[:2])


def make_user(agent: Agent, arguments: list[str]) -> None:
    name, password, zone = arguments[:3]
    users.create(agent, name, "rodsuser", zone)
    if len(password) > passwords.MAX_LENGTH:
        raise IrodsError("PASSWORD_EXCEEDS_MAX_SIZE")
    if password:
        users.change_own_password(agent, name, "password", password)


def remove_unused_avus(agent: Agent, _: list[str]) -> None:
    agent.catalog.execute("DELETE FROM R_META_MAIN WHERE meta_id NOT IN (SELECT meta_id FROM R_OBJT_METAMAP)")


GENERAL: dict[tuple[str, ...], Change] = {
    ("add", "user"): add_user,
    ("add", "group"): add_group,
    ("add", "resource"): lambda agent, arguments: resources.create(agent, *arguments[:5]),
    ("add", "childtoresc"): lambda agent, arguments: resources.add_child(agent, *arguments[:3]),
    ("add", "specificQuery"): lambda agent, arguments: specific_queries.add(agent, *arguments[:2]),
    ("add", "token"): lambda agent, arguments: tokens.add(agent, *arguments[:6]),
    ("add", "zone"): lambda agent, arguments: zones.add(agent, *arguments[:4]),
    ("modify", "user"): lambda agent, arguments: users.modify(agent, *arguments[:3]),
    ("modify", "group"): lambda agent, arguments: groups.change(agent, *arguments[:4]),
    ("modify", "resource"): lambda agent, arguments: resources.modify(agent, *arguments[:3]),
    ("modify", "zone"): lambda agent, arguments: zones.modify(agent, *arguments[:3]),
    ("rm", "user"): lambda agent, arguments: users.remove(agent, *arguments[:2]),
    ("rm", "group"): remove_group,
    ("rm", "resource"): lambda agent, arguments: resources.remove(agent, *arguments[:2]),
    ("rm", "childfromresc"): lambda agent, arguments: resources.remove_child(agent, *arguments[:2]),
    ("rm", "specificQuery"): lambda agent, arguments: specific_queries.remove(agent, arguments[0]),
    ("rm", "token"): lambda agent, arguments: tokens.remove(agent, *arguments[:2]),
    ("rm", "zone"): lambda agent, arguments: zones.remove(agent, arguments[0]),
    ("rm", "unusedAVUs"): remove_unused_avus,
    ("set-quota",): lambda agent, arguments: quotas.set_limit(agent, *arguments[:4]),
    ("calculate-usage",): lambda agent, _: quotas.calculate_usage(agent),
}

FOR_USERS: dict[tuple[str, ...], Change] = {
    ("userpw",): lambda agent, arguments: users.change_own_password(agent, *arguments[:3]),
    ("modify", "group"): lambda agent, arguments: groups.change(agent, *arguments[:4]),
    ("mkuser",): make_user,
    ("mkgroup",): lambda agent, arguments: users.create(agent, *arguments[:3]),
}
