from __future__ import annotations

import getpass
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from irodsfs.cli.daemonize import run_in_background
from irodsfs.cli.logs import log_file, log_to_file, log_to_stderr
from irodsfs.cli.mount_options import given, parse_options
from irodsfs.cli.mountpoints import require_fit, require_fuse
from irodsfs.cli.notification import notify
from irodsfs.cli.records import recorded
from irodsfs.config import MountConfig, Setting, load
from irodsfs.config.load import PASSWORD_VARIABLE, TICKET_VARIABLE
from irodsfs.private_files import private
from irodsfs.user_errors import IrodsfsError

logger = logging.getLogger(__name__)

EPILOG = (
    "ZONE is irods://user@host:port/zone/path, or the path of an irods_environment.json; without it the mount logs in "
    "as the icommands do. The password comes from .irodsA (made by iinit), from IRODSFS_PASSWORD, or from a prompt."
)


@click.command(epilog=EPILOG)
@click.argument("places", metavar="[ZONE] MOUNTPOINT", nargs=-1)
@click.option("--foreground", "-f", is_flag=True, help="Stay in the foreground.")
@click.option("--read-only", is_flag=True, help="Refuse every change.")
@click.option("--allow-other", is_flag=True, help="Let other local users in.")
@click.option("--collection", metavar="PATH", help="Collection to mount, / for all zones. [default: home]")
@click.option("--resource", metavar="NAME", help="Resource for new data objects.")
@click.option(
    "--redirect",
    metavar="HOW",
    help="Large files straight from the servers that have them: auto, on or off. [default: auto]",
)
@click.option("--checksum", is_flag=True, help="Register a checksum with each upload, and compare it.")
@click.option("--verify", is_flag=True, help="Compare checksums when whole objects are read.")
@click.option(
    "--replace-keeps-metadata/--replace-drops-metadata",
    default=None,
    help="What a rename replaces passes its AVUs and permissions on. [default: keeps]",
)
@click.option("--write-back", is_flag=True, help="Close small files when they are safe here; upload behind it.")
@click.option("--posix-attributes", is_flag=True, help="Keep permission bits and symbolic links as AVUs.")
@click.option("--foreign-links", metavar="HOW", help="Of links out of the mount: follow or refuse. [default: follow]")
@click.option("--ticket-file", metavar="FILE", help="Mount what the ticket in FILE opens, as you or as anonymous.")
@click.option("--ticket", metavar="STRING", help="The same, shown to all users of this machine.")
@click.option(
    "--trash-after", metavar="AGE", help="Age from which on rm moves to the trash: 0, 30m, never. [default: 1h]"
)
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
@click.option("--cache-timeout", metavar="SECONDS", help="How old what is shown may be. [default: 5]")
@click.option("--uid", metavar="NUMBER", help="Owner of all files. [default: you]")
@click.option("--gid", metavar="NUMBER", help="Group of all files. [default: yours]")
@click.option("--umask", metavar="OCTAL", help="Permission bits to take away.")
@click.option("--timeout", metavar="SECONDS", help="How long a request may take. [default: 60]")
@click.option("--connections", metavar="NUMBER", help="Most connections to the zone. [default: 8]")
@click.option("--memory", metavar="MIB", help="Most memory for contents. [default: an eighth of the machine's]")
@click.option("--strict-permissions", is_flag=True, help="Let chmod and chown fail instead of doing nothing.")
@click.option("--name", metavar="NAME", help="Read ~/.config/irodsfs/NAME.toml, and call the mount so.")
@click.option("--config", metavar="FILE", help="Configuration. [default: ~/.config/irodsfs/config.toml]")
@click.option("-o", "options", metavar="OPTIONS", multiple=True, help="Options separated by commas: ro,uid=1000,...")
def mount(
    places: tuple[str, ...],
    foreground: bool,
    replace_keeps_metadata: bool | None,
    options: tuple[str, ...],
    **long_options: str | bool | None,
) -> None:
    """Mount a zone as a directory; returns when the directory can be used."""
    settings = parse_options(options) | given(long_options) | _parse_places(places)
    if replace_keeps_metadata is not None:
        settings["replace_keeps_metadata"] = Setting(replace_keeps_metadata, "--replace-keeps-metadata")
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
    for variable in (PASSWORD_VARIABLE, TICKET_VARIABLE):
        os.environ.pop(variable, None)
    if "ticket" in settings:
        shown = f"irodsfs: {settings['ticket'].origin} shows the ticket to all users of this machine"
        click.echo(f"{shown}: use --ticket-file or {TICKET_VARIABLE}.", err=True)
    require_fit(configured.mountpoint)
    require_fuse(allow_other=configured.allow_other)
    private(configured.spool_directory)
    if foreground:
        log_to_stderr(configured.log_level)
        _serve(configured, lambda: notify("READY=1"))
    else:
        log_path = log_file(configured.name)
        run_in_background(lambda ready: _serve_with_log(configured, ready, log_path), log_path)


def _parse_places(places: tuple[str, ...]) -> dict[str, Setting]:
    if len(places) > 2:
        raise click.BadParameter(f"unexpected {places[2]!r} after ZONE and MOUNTPOINT")
    keys = ("zone", "mountpoint") if len(places) == 2 else ("mountpoint",)
    return {key: Setting(place, key.upper()) for key, place in zip(keys, places, strict=False)}


def _serve_with_log(config: MountConfig, ready: Callable[[], None], log_path: Path) -> None:
    log_to_file(log_path, config.log_level)
    try:
        _serve(config, ready)
    except IrodsfsError as error:
        logger.error("%s", error.message)
        raise


def _serve(config: MountConfig, ready: Callable[[], None]) -> None:
    # Imported here because libfuse and the event loop must belong to the process that serves.
    from irodsfs.daemon import serve

    def answer() -> None:
        logger.info("%s of %s is mounted on %s", config.collection, config.account.host, config.mountpoint)
        ready()

    with recorded(config):
        serve(config, answer)
    logger.info("%s is unmounted", config.mountpoint)
