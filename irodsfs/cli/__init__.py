"""The command line."""

from __future__ import annotations

from irodsfs.cli.commands import main

__all__ = ["main"]
