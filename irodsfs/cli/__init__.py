"""The command line."""

from __future__ import annotations

from irodsfs.cli.application import main

__all__ = ["main"]
