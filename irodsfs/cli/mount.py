from __future__ import annotations

import getpass
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from irodsfs.cli.background import run_in_background
from irodsfs.cli.logs import log_file, log_to_file, log_to_stderr
from irodsfs.cli.mountpoints import require_fit, require_fuse
from irodsfs.cli.notification import notify
from irodsfs.cli.options import given, parse_options
from irodsfs.cli.records import recorded
from irodsfs.config import MountConfig, Setting, load
from irodsfs.config.loading import PASSWORD_VARIABLE
from irodsfs.errors import IrodsfsError

log = logging.getLogger(__name__)

EPILOG = (
    "ZONE is irods://user@host:port/zone/path, or the path of an irods_environment.json; without it the mount logs in "
    "as the icommands do. The password comes from .irodsA (made by iinit), from IRODSFS_PASSWORD, or from a prompt."
)


def mount(
    places: Annotated[list[str] | None, typer.Argument(metavar="[ZONE] MOUNTPOINT", show_default=False)] = None,
    foreground: Annotated[bool, typer.Option("--foreground", "-f", help="Stay in the foreground.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every change.")] = False,
    allow_other: Annotated[bool, typer.Option("--allow-other", help="Let other local users in.")] = False,
    collection: Annotated[
        str | None, typer.Option(metavar="PATH", help="Collection to mount, / for all zones. [default: home]")
    ] = None,
    resource: Annotated[str | None, typer.Option(metavar="NAME", help="Resource for new data objects.")] = None,
    checksum: Annotated[
        bool, typer.Option("--checksum", help="Register a checksum with each upload, and compare it.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Compare checksums when whole objects are read.")] = False,
    replace_keeps_metadata: Annotated[
        bool | None,
        typer.Option(
            "--replace-keeps-metadata/--replace-drops-metadata",
            help="What a rename replaces passes its AVUs and permissions on. [default: keeps]",
        ),
    ] = None,
    posix_attributes: Annotated[
        bool, typer.Option("--posix-attributes", help="Keep permission bits and symbolic links as AVUs.")
    ] = False,
    ticket: Annotated[
        str | None, typer.Option(metavar="STRING", help="Mount what a ticket opens, as you or as anonymous.")
    ] = None,
    trash: Annotated[bool, typer.Option("--trash", help="Move what is removed to the trash of the zone.")] = False,
    log_level: Annotated[str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = None,
    cache_timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="How old what is shown may be. [default: 5]")
    ] = None,
    uid: Annotated[str | None, typer.Option(metavar="NUMBER", help="Owner of all files. [default: you]")] = None,
    gid: Annotated[str | None, typer.Option(metavar="NUMBER", help="Group of all files. [default: yours]")] = None,
    umask: Annotated[str | None, typer.Option(metavar="OCTAL", help="Permission bits to take away.")] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="How long a request may take. [default: 60]")
    ] = None,
    connections: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Most connections to the zone. [default: 8]")
    ] = None,
    strict_permissions: Annotated[
        bool, typer.Option("--strict-permissions", help="Let chmod and chown fail instead of doing nothing.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read ~/.config/irodsfs/NAME.toml, and call the mount so.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration. [default: ~/.config/irodsfs/config.toml]")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("-o", metavar="OPTIONS", help="Options separated by commas: ro,uid=1000,...")
    ] = None,
) -> None:
    """Mount a zone as a directory; returns when the directory can be used."""
    long_options = given(
        {
            "read_only": read_only,
            "allow_other": allow_other,
            "collection": collection,
            "resource": resource,
            "ticket": ticket,
            "trash": trash,
            "checksum": checksum,
            "verify": verify,
            "posix_attributes": posix_attributes,
            "log_level": log_level,
            "cache_timeout": cache_timeout,
            "uid": uid,
            "gid": gid,
            "umask": umask,
            "timeout": timeout,
            "connections": connections,
            "strict_permissions": strict_permissions,
            "name": name,
        }
    )
    if replace_keeps_metadata is not None:
        long_options["replace_keeps_metadata"] = Setting(replace_keeps_metadata, "--replace-keeps-metadata")
    settings = parse_options(options or []) | long_options | _parse_places(places or [])
    if config is not None:
        settings["config"] = Setting(config, "--config")
    start(settings, foreground=foreground)


def start(settings: dict[str, Setting], *, foreground: bool) -> None:
    """Mounts as `settings` say, in this process or in one of its own."""
    file = settings.pop("config", None)
    configured = load(
        settings,
        config_file=Path(file.value) if file else None,
        ask_password=getpass.getpass if sys.stdin.isatty() else None,
    )
    # No longer needed, and not the business of the programs that are started from here.
    os.environ.pop(PASSWORD_VARIABLE, None)
    require_fit(configured.mountpoint)
    require_fuse(allow_other=configured.allow_other)
    if foreground:
        log_to_stderr(configured.log_level)
        _serve(configured, lambda: notify("READY=1"))
    else:
        log_path = log_file(configured.name)
        run_in_background(lambda ready: _serve_with_log(configured, ready, log_path), log_path)


def _parse_places(places: list[str]) -> dict[str, Setting]:
    if len(places) > 2:
        raise typer.BadParameter(f"unexpected {places[2]!r} after ZONE and MOUNTPOINT")
    keys = ("zone", "mountpoint") if len(places) == 2 else ("mountpoint",)
    return {key: Setting(place, key.upper()) for key, place in zip(keys, places, strict=False)}


def _serve_with_log(config: MountConfig, ready: Callable[[], None], log_path: Path) -> None:
    log_to_file(log_path, config.log_level)
    try:
        _serve(config, ready)
    except IrodsfsError as error:
        log.error("%s", error.message)
        raise


def _serve(config: MountConfig, ready: Callable[[], None]) -> None:
    # Imported here because libfuse and the event loop must belong to the process that serves.
    from irodsfs.mount.daemon import serve

    def answer() -> None:
        log.info("%s of %s is mounted on %s", config.collection, config.account.host, config.mountpoint)
        ready()

    with recorded(config):
        serve(config, answer)
    log.info("%s is unmounted", config.mountpoint)
