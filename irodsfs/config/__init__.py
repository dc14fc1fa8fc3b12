"""Merges defaults, configuration files, the iRODS environment and the command line into one validated object."""

from __future__ import annotations

from irodsfs.config.load import load, with_current_password
from irodsfs.config.models import MountConfig, ZoneAccount
from irodsfs.config.settings import Setting, Settings

__all__ = ["MountConfig", "Setting", "Settings", "ZoneAccount", "load", "with_current_password"]
