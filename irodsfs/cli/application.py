from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from irodsfs import __version__
from irodsfs.cli import sandbox
from irodsfs.cli.demo import demo
from irodsfs.cli.mount import EPILOG, mount
from irodsfs.cli.umount import umount
from irodsfs.config.directories import log_directory
from irodsfs.errors import IrodsfsError

app = typer.Typer(
    name="irodsfs",
    help="Mount an iRODS zone as a directory.",
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


app.command(epilog=EPILOG)(mount)
app.command()(umount)
app.command()(demo)
app.add_typer(sandbox.app, name="sandbox")


def main() -> None:
    """Runs the command in `sys.argv`; a failure becomes one line on stderr and its exit status."""
    try:
        app()
    except IrodsfsError as error:
        _fail(error.message, error.exit_code)
    except Exception as error:
        _fail(f"internal failure, {type(error).__name__}: please report it with {_keep_traceback()}", 1)


def _fail(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"irodsfs: {message}", err=True)
    sys.exit(exit_code)


def _keep_traceback() -> Path:
    file = log_directory() / "failure.log"
    file.touch(mode=0o600)
    file.write_text(traceback.format_exc(), "utf-8")
    return file
