"""Runs a program so that its user never sees a traceback."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from irodsfs.process import keep_memory_private
from irodsfs.user_errors import IrodsfsError

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of what Ctrl-C has ended, as shells have it."""

_NOT_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def run(command: click.Command) -> None:
    """Runs what is asked of a command in `sys.argv`; a failure becomes one line on stderr and its exit status."""
    try:
        keep_memory_private()
        _print_any_character()
        status = command.main(standalone_mode=False)
    except IrodsfsError as error:
        _fail(error.message, error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        _abort(error)
    except OSError as error:
        _give_up_output(error)
        _fail_internally(error)
    except Exception as error:
        _fail_internally(error)
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _print_any_character() -> None:
    """What the encoding of the terminal has no character for is printed as Python writes it."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _abort(error: BaseException) -> NoReturn:
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, KeyboardInterrupt) for cause in causes):
        sys.exit(INTERRUPTED)
    _fail("there is nobody to answer the question", 1)


def _give_up_output(error: OSError) -> None:
    """Ends the program when it was standard output that failed: nobody reads it any more, or there is no room."""
    if error.filename is not None:
        return
    if error.errno == errno.EPIPE or error.errno in _NOT_WRITTEN:
        # What is left of it must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if error.errno == errno.EPIPE:
            sys.exit(1)
        _fail(f"The output can't be written: {os.strerror(error.errno or 0)}.", 1)


def _fail_internally(error: Exception) -> NoReturn:
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
