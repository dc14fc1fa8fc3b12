"""Which of the hosts that a catalog names is the one that we talk to."""

from __future__ import annotations

import ipaddress
import logging
import socket

import trio

from irodsfs.grid.logins import OURS

logger = logging.getLogger(__name__)

NOWHERE = frozenset({"", "localhost", "EMPTY_RESC_HOST"})
"""Locations of resources that say nothing of a host, or that it is whichever one is asked."""

PATIENCE = 3.0
"""Seconds that the name service may take."""


class OwnHost:
    """The server that the user has named, as `name`, and which answered from an address."""

    def __init__(self, name: str, address: str) -> None:
        self._name = _plain(name)
        self._address = address

    async def host_at(self, location: str) -> str:
        """The host with what lies at a location: `OURS`, or another one, by the location's own name."""
        if location in NOWHERE or self._is_called(_plain(location)):
            return OURS
        return OURS if self._address in await _addresses(location) else location

    def _is_called(self, location: str) -> bool:
        names = {self._name}
        if ipaddress.ip_address(self._address).is_loopback:
            names.add(_plain(socket.gethostname()))
        return any(location == name or _is_short_for(location, name) or _is_short_for(name, location) for name in names)


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _is_short_for(short: str, name: str) -> bool:
    return "." not in short and ":" not in short and name.startswith(f"{short}.")


async def _addresses(location: str) -> set[str]:
    """None for a name that nobody knows, or not soon."""
    found: set[str] = set()
    with trio.move_on_after(PATIENCE):
        try:
            answers = await trio.to_thread.run_sync(
                socket.getaddrinfo, location, None, 0, socket.SOCK_STREAM, abandon_on_cancel=True
            )
        except (OSError, UnicodeError) as error:
            logger.debug("the address of %s: %s", location, error)
        else:
            found = {str(address[0]) for *_, address in answers}
    return found
