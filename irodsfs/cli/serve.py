from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irodsfs.cli.logs import log_to_stderr
from irodsfs.cli.notification import notify
from irodsfs.config import Setting
from irodsfs.config.loading import load_account
from irodsfs.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
SCHEMES = {"STANDARD": "native", "PAM": "pam_password"}


def serve(
    zone: Annotated[
        str | None, typer.Argument(metavar="[ZONE]", show_default=False, help="As for mount; no password is needed.")
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="[HOST:]PORT", help="Where to listen; the host is this one unless told otherwise.")
    ] = "8080",
    authentication: Annotated[
        str | None, typer.Option(metavar="TYPE", help="STANDARD or PAM, for names without such a prefix.")
    ] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Serve requests without credentials too.")] = False,
    allow_cors: Annotated[bool, typer.Option("--allow-cors", help="Let web pages of other origins in.")] = False,
    cors_origins: Annotated[
        list[str] | None, typer.Option("--cors-origin", metavar="ORIGIN", help="One of them. [default: *]")
    ] = None,
    cors_methods: Annotated[
        list[str] | None, typer.Option("--cors-method", metavar="METHOD", help="[default: GET, POST, DELETE, PUT]")
    ] = None,
    cors_credentials: Annotated[
        bool, typer.Option("--cors-allow-credentials", help="Let them send credentials.")
    ] = False,
    tls_certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="Serve HTTPS with it.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key, unless in the same file.")] = None,
    connections: Annotated[int, typer.Option(min=1, max=64, help="Most connections to the zone for a user.")] = 2,
    session_lifetime: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="When a user's password is checked again.")
    ] = 300.0,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=1, help="How long a request to it may take.")] = 60.0,
    log_level: Annotated[str, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve the REST API of a zone over HTTP until SIGTERM or Ctrl-C; prints its address when it answers."""
    from irodsfs.control.web import METHODS, Cors, WebConfig
    from irodsfs.control.web import serve as serve_web

    host, port = _address(listen)
    account = load_account(Setting(zone, "ZONE") if zone else None)
    if authentication is not None:
        account = account.model_copy(update={"authentication_scheme": _scheme(authentication)})
    if tls_key is not None and tls_certificate is None:
        raise ConfigurationError("--tls-key is of no use without --tls-certificate: give both.")
    cors = Cors(tuple(cors_origins or ["*"]), tuple(cors_methods or METHODS), cors_credentials) if allow_cors else None
    log_to_stderr(log_level)

    def ready(address: str) -> None:
        typer.echo(f"zone {account.zone} answers on {address}")
        notify("READY=1")

    serve_web(
        WebConfig(
            account=account,
            host=host,
            port=port,
            cors=cors,
            allow_anonymous=anonymous,
            certificate=tls_certificate,
            key=tls_key,
            connections=connections,
            lifetime=session_lifetime,
            timeout=timeout,
        ),
        ready,
    )


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ConfigurationError(f"--listen is {listen!r}: give a port, or HOST:PORT.")
    return host.strip("[]") or LOOPBACK, int(port)


def _scheme(name: str) -> str:
    if name.upper() not in SCHEMES:
        raise ConfigurationError(f"--authentication is {name!r}: give STANDARD or PAM.")
    return SCHEMES[name.upper()]
