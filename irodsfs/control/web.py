"""The application on TCP, for those who ran the guide's service."""

from __future__ import annotations

import logging
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trio
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from irodsfs.config import ZoneAccount
from irodsfs.control.application import Application
from irodsfs.control.changes import NobodyElse
from irodsfs.control.client_timeouts import TimedBodies
from irodsfs.control.credentials import ANONYMOUS, EveryonesAccess
from irodsfs.control.http_server import Listener, Server
from irodsfs.control.process_status import Served
from irodsfs.control.routes import all_operations
from irodsfs.control.throttle import Throttle
from irodsfs.control.upload_spool import UploadSpool
from irodsfs.control.zone_sessions import Sessions
from irodsfs.grid.irods_sessions import entered
from irodsfs.process import give_memory_back, use_all_descriptors
from irodsfs.transfer import memory
from irodsfs.user_errors import AuthenticationError, ConfigurationError, IrodsfsError, WrongZoneError

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
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
    """Where to listen, and how to treat clients; `lifetime`, `timeout` and `client_timeout` in seconds.

    What replaces data objects is collected in `spool_directory`, up to `spool_limit` bytes.
    `memory` is the budget in MiB, None for a share of the machine.
    """

    account: ZoneAccount
    spool_directory: Path
    spool_limit: int
    host: str = "127.0.0.1"
    port: int = 0
    cors: Cors | None = None
    allow_anonymous: bool = False
    public_metrics: bool = False
    certificate: Path | None = None
    key: Path | None = None
    connections: int = 2
    lifetime: float = 300.0
    timeout: float = 60.0
    client_timeout: float = 30.0
    memory: int | None = None


def serve(config: WebConfig, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` gets the address. Raises `IrodsfsError`."""
    use_all_descriptors()
    give_memory_back()
    memory.allow(config.memory)
    tls = _tls(config)
    trio.run(_serve, config, tls, ready)


async def _serve(config: WebConfig, tls: ssl.SSLContext | None, ready: Callable[[str], None]) -> None:
    listeners = await _listen(config)
    host, port = listeners[0].socket.getsockname()[:2]
    failure = await _ask_zone(config)
    if failure is not None:
        raise failure
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=config.connections, timeout=config.timeout, lifetime=config.lifetime)
        server = Server(_application(config, sessions), config.client_timeout)
        nursery.start_soon(server.serve, [_secured(listener, tls) for listener in listeners])
        ready(f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}")
        with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
            async for _ in signals:
                break
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await sessions.close()


def _application(config: WebConfig, sessions: Sessions) -> Starlette:
    cors = config.cors
    access = EveryonesAccess(
        sessions,
        config.account,
        throttle=Throttle(),
        allow_anonymous=config.allow_anonymous,
        public_metrics=config.public_metrics,
        allowed_origins=cors.origins if cors else (),
    )
    served = Served(config.account.host, config.account.port, config.account.zone)
    spool = UploadSpool(config.spool_directory, config.spool_limit)
    application = Application(all_operations(), access, NobodyElse(), served, spool)
    timed = Middleware(TimedBodies, client_timeout=config.client_timeout)
    return application.asgi([cors.middleware(), timed] if cors else [timed])


async def _ask_zone(config: WebConfig) -> IrodsfsError | None:
    """Ask the zone once, as nobody; answers what prevented that. That it lets nobody in is an answer."""
    nobody = config.account.model_copy(
        update={"user": ANONYMOUS, "password": SecretStr(""), "authentication_scheme": "native"}
    )
    async with trio.open_nursery() as background:
        try:
            async with entered(nobody, background, connections=1, request_timeout=config.timeout):
                pass
        except WrongZoneError as error:
            return error
        except AuthenticationError:
            return None
        except IrodsfsError as error:
            return error
    return None


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
