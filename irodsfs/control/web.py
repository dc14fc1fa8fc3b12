"""The application on TCP, for those who ran the guide's service."""

from __future__ import annotations

import logging
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trio
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from irodsfs.config import ZoneAccount
from irodsfs.control.application import Application
from irodsfs.control.changes import NobodyElse
from irodsfs.control.credentials import EveryonesAccess
from irodsfs.control.routes import all_operations
from irodsfs.control.server import Listener, Server
from irodsfs.control.status import Served
from irodsfs.control.throttle import Throttle
from irodsfs.control.zones import Sessions
from irodsfs.errors import ConfigurationError

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
METHODS = ("GET", "POST", "DELETE", "PUT")
EXPOSED = ("ETag", "Content-Range", "Content-Disposition", "Accept-Ranges")


@dataclass(frozen=True)
class Cors:
    """Guide, chapter 2: what pages of other origins may do."""

    origins: tuple[str, ...] = ("*",)
    methods: tuple[str, ...] = METHODS
    credentials: bool = False

    def middleware(self) -> Middleware:
        return Middleware(
            CORSMiddleware,
            allow_origins=self.origins,
            allow_methods=self.methods,
            allow_headers=("Authorization", "Range", "If-None-Match"),
            allow_credentials=self.credentials,
            expose_headers=EXPOSED,
        )


@dataclass(frozen=True)
class WebConfig:
    """Where to listen, and how to treat clients; `lifetime` and `timeout` in seconds."""

    account: ZoneAccount
    host: str = "127.0.0.1"
    port: int = 0
    cors: Cors | None = None
    allow_anonymous: bool = False
    certificate: Path | None = None
    key: Path | None = None
    connections: int = 2
    lifetime: float = 300.0
    timeout: float = 60.0


def serve(config: WebConfig, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` gets the address. Raises `ConfigurationError`."""
    tls = _tls(config)
    trio.run(_serve, config, tls, ready)


async def _serve(config: WebConfig, tls: ssl.SSLContext | None, ready: Callable[[str], None]) -> None:
    listeners = await _listen(config)
    host, port = listeners[0].socket.getsockname()[:2]
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=config.connections, timeout=config.timeout, lifetime=config.lifetime)
        access = EveryonesAccess(sessions, config.account, allow_anonymous=config.allow_anonymous, throttle=Throttle())
        served = Served(config.account.host, config.account.port, config.account.zone)
        application = Application(all_operations(), access, NobodyElse(), served)
        server = Server(application.asgi([config.cors.middleware()] if config.cors else []))
        nursery.start_soon(server.serve, [_secured(listener, tls) for listener in listeners])
        ready(f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}")
        with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
            async for _ in signals:
                break
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await sessions.close()


async def _listen(config: WebConfig) -> list[trio.SocketListener]:
    try:
        return await trio.open_tcp_listeners(config.port, host=config.host)
    except OSError as error:
        raise ConfigurationError(f"{config.host}:{config.port} can't be listened on: {error.strerror}.") from error


def _secured(listener: trio.SocketListener, tls: ssl.SSLContext | None) -> Listener:
    return trio.SSLListener(listener, tls, https_compatible=True) if tls else listener


def _tls(config: WebConfig) -> ssl.SSLContext | None:
    if config.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(config.certificate, config.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{config.certificate} and its key can't be used ({error}): give PEM files of a certificate and its key."
        ) from error
    return context
