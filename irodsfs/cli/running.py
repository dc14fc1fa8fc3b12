"""Runs a program so that its user never sees a traceback."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from irodsfs.process import keep_memory_private
from irodsfs.user_errors import IrodsfsError


def run(command: click.Command) -> None:
    """Runs what is asked of a command in `sys.argv`; a failure becomes one line on stderr and its exit status."""
    try:
        keep_memory_private()
        command()
    except IrodsfsError as error:
        _fail(error.message, error.exit_code)
    except Exception as error:
        _fail(f"internal failure, {type(error).__name__}: please report it with {_keep_traceback()}", 1)


def _fail(message: str, exit_code: int) -> NoReturn:
    click.echo(f"irodsfs: {message}", err=True)
    sys.exit(exit_code)


def _keep_traceback() -> Path:
    # Imported here because most runs succeed.
    from irodsfs.private_files import log_directory, write_private

    file = log_directory() / "failure.log"
    write_private(file, traceback.format_exc().encode())
    return file
