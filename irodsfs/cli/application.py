"""The program `irodsfs`: its commands, each of which is imported only when it is wanted."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from irodsfs import __version__
from irodsfs.cli.running import run

COMMANDS = (
    "mount",
    "umount",
    "status",
    "query",
    "rule",
    "acl",
    "meta",
    "ticket",
    "serve",
    "demo",
    "sandbox",
)
"""The modules of this package that are commands: each holds a function of its name, or an `app` of several commands."""


class Commands(TyperGroup):
    """Finds commands in their modules. Contexts and commands are click's, whose home differs by version of typer."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _load(cmd_name) if cmd_name in COMMANDS else None


def _load(name: str) -> Any:
    module = importlib.import_module(f"irodsfs.cli.{name}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(epilog=getattr(module, "EPILOG", None))(getattr(module, name))
    command = get_command(app)
    command.name = name
    return command


app = typer.Typer(
    name="irodsfs",
    help="Mount an iRODS zone as a directory.",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"irodsfs {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The program `irodsfs`."""
    run(app)
