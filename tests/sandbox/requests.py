"""Requests that python-irodsclient has no call for, sent over its connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from irods.api_number import api_number
from irods.exception import iRODSException
from irods.message import (
    GeneralAdminRequest,
    JSON_Message,
    MetadataRequest,
    TicketAdminRequest,
    UserAdminRequest,
    iRODSMessage,
)
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.error_numbers import code_of


def send(session: iRODSSession, number: int | str, message: Any) -> iRODSMessage:
    """Sends one request and answers the reply; raises the client's exception for a failure."""
    code = number if isinstance(number, int) else api_number[number]
    with session.pool.get_connection() as connection:
        connection.send(iRODSMessage("RODS_API_REQ", msg=message, int_info=code))
        return connection.recv()


def send_json(session: iRODSSession, number: int, document: object) -> tuple[int, Any]:
    """Sends a request of JSON; the status and the JSON that comes back, also with codes the client has no class for."""
    received: list[iRODSMessage] = []
    request = iRODSMessage("RODS_API_REQ", JSON_Message(document, session.server_version), int_info=number)
    with session.pool.get_connection() as connection:
        connection.send(request)
        with suppress(iRODSException, KeyError):
            connection.recv(return_message=received)
    return received[0].int_info, received[0].get_json_encoded_struct()


@contextmanager
def refused(error: str) -> Iterator[None]:
    """Expects a failure with this error, also when it is one the client has no class for."""
    with pytest.raises((iRODSException, KeyError)) as failure:
        yield
    assert code_of(error) in (getattr(failure.value, "code", None), *failure.value.args)


def modify_metadata(session: iRODSSession, *arguments: str, **keywords: str) -> None:
    send(session, "MOD_AVU_METADATA_AN", MetadataRequest(*arguments, **keywords))


def administer(session: iRODSSession, *arguments: str) -> iRODSMessage:
    return send(session, "GENERAL_ADMIN_AN", GeneralAdminRequest(*arguments))


def administer_user(session: iRODSSession, *arguments: str) -> iRODSMessage:
    return send(session, "USER_ADMIN_AN", UserAdminRequest(*arguments))


def administer_ticket(session: iRODSSession, *arguments: str, **options: str) -> None:
    send(session, "TICKET_ADMIN_AN", TicketAdminRequest(*arguments, **options))
