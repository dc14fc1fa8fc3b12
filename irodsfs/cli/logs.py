"""Where the log goes: to stderr in the foreground, to a file of the owner's in the background."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
from logging.handlers import RotatingFileHandler
from pathlib import Path

from irodsfs.directories import log_directory

TEXT = "%(levelname)s %(name)s: %(message)s"
TIMED_TEXT = f"%(asctime)s {TEXT}"
FILE_SIZE = 10_000_000  # bytes


def log_file(name: str) -> Path:
    return log_directory() / f"{name}.log"


def log_to_stderr(level: str) -> None:
    # journald, which sets JOURNAL_STREAM, writes the time itself
    _start(logging.StreamHandler(), TEXT if "JOURNAL_STREAM" in os.environ else TIMED_TEXT, level)


def log_to_file(path: Path, level: str) -> None:
    _start(RotatingFileHandler(path, maxBytes=FILE_SIZE, backupCount=1, encoding="utf-8"), TIMED_TEXT, level)


def _start(handler: logging.Handler, text: str, level: str) -> None:
    handler.setFormatter(logging.Formatter(text))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("irodsfs").setLevel(level.upper())
    logging.captureWarnings(True)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
