from __future__ import annotations

from typing import Annotated

import typer

from irodsfs import __version__
from irodsfs.cli import acl, meta, sandbox, ticket
from irodsfs.cli.demo import demo
from irodsfs.cli.mount import EPILOG, mount
from irodsfs.cli.query import query
from irodsfs.cli.rule import rule
from irodsfs.cli.running import run
from irodsfs.cli.serve import serve
from irodsfs.cli.status import status
from irodsfs.cli.umount import umount

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
app.command()(status)
app.command()(query)
app.command()(rule)
app.add_typer(acl.app, name="acl")
app.add_typer(meta.app, name="meta")
app.add_typer(ticket.app, name="ticket")
app.command()(serve)
app.command()(demo)
app.add_typer(sandbox.app, name="sandbox")


def main() -> None:
    """The program `irodsfs`."""
    run(app)
