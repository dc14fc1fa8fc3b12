"""The release of the server that this one answers as."""

from __future__ import annotations

RELEASE = "rods5.0.2"
API_VERSION = "d"
