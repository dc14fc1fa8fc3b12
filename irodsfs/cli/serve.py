from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from platformdirs import user_cache_path

from irodsfs.cli.logs import log_to_stderr
from irodsfs.cli.notification import notify
from irodsfs.config import Setting
from irodsfs.config.load import load_account
from irodsfs.private_files import APPLICATION, private
from irodsfs.user_errors import ConfigurationError

if TYPE_CHECKING:
    from irodsfs.control.web import Cors, WebConfig

MEBIBYTE = 1024 * 1024
LOOPBACK = "127.0.0.1"


@click.command()
@click.argument("zone", required=False, help="As for mount; no password is needed.")
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    default="8080",
    help="Where to listen; the host is this one unless told otherwise.",
)
@click.option("--authentication", metavar="TYPE", help="STANDARD or PAM, for names without such a prefix.")
@click.option("--anonymous", is_flag=True, help="Serve requests without credentials too.")
@click.option("--public-metrics", is_flag=True, help="Answer /status and /metrics without credentials.")
@click.option("--allow-cors", is_flag=True, help="Let web pages of other origins in.")
@click.option(
    "--cors-origin",
    "cors_origins",
    metavar="ORIGIN",
    multiple=True,
    help="One of them; those that are named may change things, too. [default: *]",
)
@click.option(
    "--cors-method", "cors_methods", metavar="METHOD", multiple=True, help="[default: GET, POST, DELETE, PUT]"
)
@click.option("--cors-allow-credentials", "cors_credentials", is_flag=True, help="Let them send credentials.")
@click.option("--tls-certificate", metavar="FILE", type=Path, help="Serve HTTPS with it.")
@click.option("--tls-key", metavar="FILE", type=Path, help="Its key, unless in the same file.")
@click.option("--connections", type=click.IntRange(1, 64), default=2, help="Most connections to the zone for a user.")
@click.option(
    "--memory",
    metavar="MIB",
    type=click.IntRange(min=1),
    help="Most memory for contents. [default: an eighth of the machine's]",
)
@click.option(
    "--session-lifetime",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=300.0,
    help="When a user's password is checked again.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=60.0,
    help="How long a request to it may take.",
)
@click.option(
    "--client-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=30.0,
    help="How long a client may be silent in its request, or take nothing of its answer.",
)
@click.option(
    "--spool-directory",
    metavar="DIRECTORY",
    type=Path,
    help="Where uploads that replace something are collected. [default: ~/.cache/irodsfs/serve]",
)
@click.option(
    "--spool-limit",
    metavar="MIB",
    type=click.IntRange(min=1),
    default=4096,
    help="How much there may be of all of them at a time.",
)
@click.option("--log-level", metavar="LEVEL", default="info", help="debug, info, warning or error.")
def serve(zone: str | None, listen: str, authentication: str | None, log_level: str, **options: Any) -> None:
    """Serve the REST API of a zone over HTTP until SIGTERM or Ctrl-C; prints its address when it answers."""
    from irodsfs.control.web import serve as serve_web

    config = _config(zone, listen, authentication, options)
    log_to_stderr(log_level)

    def ready(address: str) -> None:
        click.echo(f"zone {config.account.zone} answers on {address}")
        notify("READY=1")

    serve_web(config, ready)


def _config(zone: str | None, listen: str, authentication: str | None, options: Mapping[str, Any]) -> WebConfig:
    from irodsfs.control.web import WebConfig

    host, port = _address(listen)
    account = load_account(Setting(zone, "ZONE") if zone else None)
    if authentication is not None:
        account = account.model_copy(update={"authentication_scheme": _scheme(authentication)})
    if options["tls_key"] is not None and options["tls_certificate"] is None:
        raise ConfigurationError("--tls-key is of no use without --tls-certificate: give both.")
    return WebConfig(
        account=account,
        host=host,
        port=port,
        cors=_cors(options["cors_origins"], options["cors_methods"], options["cors_credentials"])
        if options["allow_cors"]
        else None,
        allow_anonymous=options["anonymous"],
        public_metrics=options["public_metrics"],
        certificate=options["tls_certificate"],
        key=options["tls_key"],
        connections=options["connections"],
        memory=options["memory"],
        lifetime=options["session_lifetime"],
        timeout=options["timeout"],
        client_timeout=options["client_timeout"],
        spool_directory=_spool(options["spool_directory"]),
        spool_limit=options["spool_limit"] * MEBIBYTE,
    )


def _spool(directory: Path | None) -> Path:
    if directory is None:
        return private(user_cache_path(APPLICATION) / "serve")
    if not (directory.is_dir() and os.access(directory, os.W_OK | os.X_OK)):
        raise ConfigurationError(f"--spool-directory is {str(directory)!r}: give a directory that you may write to.")
    return directory


def _cors(origins: tuple[str, ...], methods: tuple[str, ...], credentials: bool) -> Cors:
    from irodsfs.control.origins import EVERYBODY, is_origin
    from irodsfs.control.web import METHODS, Cors

    for origin in origins:
        if origin != EVERYBODY and not is_origin(origin):
            raise ConfigurationError(f"--cors-origin is {origin!r}: give * or an origin, as https://portal.example.")
    if credentials and (not origins or EVERYBODY in origins):
        raise ConfigurationError(
            "--cors-allow-credentials would give every web page what its visitors may do: name those that may, "
            "with --cors-origin."
        )
    return Cors(origins or (EVERYBODY,), methods or METHODS, credentials)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ConfigurationError(f"--listen is {listen!r}: give a port, or HOST:PORT.")
    return host.strip("[]") or LOOPBACK, int(port)


def _scheme(name: str) -> str:
    from irodsfs.control.credentials import SCHEMES

    if name.upper() not in SCHEMES:
        raise ConfigurationError(f"--authentication is {name!r}: give STANDARD or PAM.")
    return SCHEMES[name.upper()]
