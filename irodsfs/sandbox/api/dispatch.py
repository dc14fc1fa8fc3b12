"""Each request is answered by the zone that it belongs to: here by the function of its API number."""

from __future__ import annotations

import logging
import sqlite3

from irodsfs.sandbox.api import api_registry
from irodsfs.sandbox.federation import relay
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of, name_of
from irodsfs.sandbox.protocol.replies import reply_message, with_source_lines
from irodsfs.sandbox.protocol.wire import Message, decode
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.zone_servers import OnAnotherServer

logger = logging.getLogger(__name__)

BEFORE_AUTHENTICATION = frozenset({700, 703, 704, 705, 725, 801, 1201, 110000})


def answer(session: Session, message: Message) -> Message:
    """The reply to a request, failures included."""
    try:
        if not session.is_authenticated and message.int_info not in BEFORE_AUTHENTICATION:
            raise IrodsError("SYS_NO_API_PRIV")
        body = decode(message.body) if message.body else None
        relayed = relay.answer(session, message, body)
        if relayed is not None:
            return relayed
        request = api_registry.Request(message.int_info, body, message.bs)
        try:
            reply = api_registry.handlers[message.int_info](session, request)
        except OnAnotherServer as place:
            return relay.open_there(session, message, request.input, place)
    except IrodsError as error:
        reply = api_registry.Reply(error.code, errors=_told(session, error))
    except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
        logger.warning("catalog refused API %d: %s", message.int_info, error)
        reply = api_registry.Reply(code_of("CAT_SQL_ERR"))
    return reply_message(reply.struct, reply.status, reply.bs, reply.errors)


def _told(session: Session, error: IrodsError) -> tuple[tuple[int, str], ...]:
    if not session.zone.tells_source_lines:
        return error.stack
    return tuple(
        (status, with_source_lines(name_of(error.code), text)) for status, text in error.stack or ((error.code, ""),)
    )
