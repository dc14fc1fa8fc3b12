"""Passwords derived from the caller's: for one login (709), for one of another user (724), for some hours (726)."""

from __future__ import annotations

from irodsfs.sandbox.api.administration import password_administration
from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session


@handles(709)
def temporary_password(session: Session, request: Request) -> Reply:
    """What the caller's client hashes with its password to get the temporary one."""
    with session.catalog.transaction():
        salt = password_administration.make_temporary(session, session.user.id)
    return Reply(0, Struct("getTempPasswordOut_PI", ("stringToHashWith", salt)))


@handles(724)
def temporary_password_for_other(session: Session, request: Request) -> Reply:
    """What an administrator's client hashes with the administrator's password to get one for another user."""
    if not (session.user.is_admin and session.proxy.is_admin):
        raise IrodsError("SYS_NO_API_PRIV")
    name = request.input.text("targetUser")
    with session.catalog.transaction():
        target = entities.find_user(session, name) if name else session.user.id
        salt = password_administration.make_temporary(session, target)
    return Reply(0, Struct("getTempPasswordForOtherOut_PI", ("stringToHashWith", salt)))


@handles(726)
def limited_password(session: Session, request: Request) -> Reply:
    """What the caller's client hashes with its password to get one for ``ttl`` hours."""
    with session.catalog.transaction():
        salt = password_administration.make_limited(session, request.input.integer("ttl"))
    return Reply(0, Struct("getLimitedPasswordOut_PI", ("stringToHashWith", salt)))
