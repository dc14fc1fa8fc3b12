"""Exceptions: the steps that are not equal, each with the reason why."""

from __future__ import annotations

import tomllib
from importlib.resources import files


def exceptions(recording: str) -> dict[str, str]:
    """The steps of a recording (such as ``prc``) that differ, and why."""
    listed: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("exceptions.toml").read_text())
    return listed.get(recording, {})
