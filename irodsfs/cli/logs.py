"""Where the log goes: to stderr in the foreground, to a file of the owner's in the background."""

from __future__ import annotations

import copy
import faulthandler
import logging
import os
import re
import signal
import textwrap
from logging.handlers import RotatingFileHandler
from pathlib import Path

from irodsfs.private_files import log_directory

TEXT = "%(levelname)s %(name)s: %(message)s"
TIMED_TEXT = f"%(asctime)s {TEXT}"
FILE_SIZE = 10_000_000  # bytes


CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a name or a server's message must not bring into the log as it is: it could pass for other lines, or hide."""

INDENT = "  "
"""Before each line of a traceback, so that none of them passes for a record."""


class OneLine(logging.Formatter):
    """A line for each record, whatever is in its message; tracebacks follow, line by line and indented."""

    def format(self, record: logging.LogRecord) -> str:
        line = copy.copy(record)
        line.msg, line.args = escaped(record.getMessage()), None
        if record.exc_info:
            traceback = map(escaped, self.formatException(record.exc_info).split("\n"))
            line.exc_text = textwrap.indent("\n".join(traceback), INDENT)
        return super().format(line)


def escaped(text: str) -> str:
    """The text with its control characters as Python writes them."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def log_file(name: str) -> Path:
    return log_directory() / f"{name}.log"


def log_to_stderr(level: str) -> None:
    # journald, which sets JOURNAL_STREAM, writes the time itself
    _start(logging.StreamHandler(), TEXT if "JOURNAL_STREAM" in os.environ else TIMED_TEXT, level)


def log_to_file(path: Path, level: str) -> None:
    _start(RotatingFileHandler(path, maxBytes=FILE_SIZE, backupCount=1, encoding="utf-8"), TIMED_TEXT, level)


def _start(handler: logging.Handler, text: str, level: str) -> None:
    handler.setFormatter(OneLine(text))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("irodsfs").setLevel(level.upper())
    logging.captureWarnings(True)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
