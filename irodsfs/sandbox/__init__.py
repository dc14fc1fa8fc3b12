"""An embedded zone: a server that speaks the iRODS protocol over TCP, with a SQLite catalog and a vault directory."""

from __future__ import annotations
