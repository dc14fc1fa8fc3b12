"""The program `irodsfs`: its commands, each of which is imported only when it is wanted."""

from __future__ import annotations

import importlib

import click

from irodsfs import __version__
from irodsfs.cli.running import run

COMMANDS = {
    "login": "Log in to a zone, and keep what is needed to mount it.",
    "logout": "Remove the password that a login keeps.",
    "doctor": "Examine what a mount needs, here and in the zone, step by step.",
    "mount": "Mount a zone as a directory.",
    "umount": "Unmount a zone.",
    "list": "List all mounts of this user, dead ones too.",
    "status": "Show what a mount is and what it is doing.",
    "recover": "List what could not be brought into a zone, and put it back.",
    "find": "Find data objects and collections by what they are and by their metadata.",
    "cp": "Copy data objects and collections within the zone, without their bytes passing here.",
    "mv": "Rename or move data objects and collections within the zone.",
    "mkdir": "Make collections.",
    "touch": "Set the modify time of entries, or make empty data objects.",
    "rm": "Remove data objects and collections, into the trash of the zone.",
    "query": "Query the catalog of the zone.",
    "ls": "List what is in collections, and data objects.",
    "tree": "Show what is below collections as a tree.",
    "du": "Tell how much is in collections, at any depth.",
    "info": "Tell all that the zone knows of entries.",
    "rule": "Run a rule in a mounted zone and print its outputs.",
    "acl": "Permissions of files and directories.",
    "meta": "Metadata (AVUs) of files and directories.",
    "ticket": "Tickets: strings that open an entry to others.",
    "user": "Show users with their groups.",
    "group": "Show groups with their members.",
    "resource": "Show resources with their hierarchies, hosts and vaults.",
    "server": "Show the release of the server behind, its zone, and as whom it is asked.",
    "passwd": "Change your password in the zone.",
    "error": "Tell what an error of iRODS is.",
    "serve": "Serve the REST API of a zone over HTTP.",
    "demo": "Show what irodsfs does.",
    "sandbox": "An embedded zone, for trying out and for tests.",
}
"""The modules of this package that are commands, each of which holds one of its name, and how the help lists them."""


class Commands(click.Group):
    """Finds a command in the module of its name, and lists all of them without their modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"irodsfs.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, message="irodsfs %(version)s", help="Print the version.")
def irodsfs() -> None:
    """Mount an iRODS zone as a directory."""


def main() -> None:
    """The program `irodsfs`."""
    run(irodsfs)
