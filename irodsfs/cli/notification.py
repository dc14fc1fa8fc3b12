"""Tells the service manager that the mount answers: the protocol of sd_notify(3)."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """Sends `state`, such as "READY=1", to the socket that $NOTIFY_SOCKET names; does nothing without one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect("\0" + address[1:] if address.startswith("@") else address)
        sender.sendall(state.encode())
