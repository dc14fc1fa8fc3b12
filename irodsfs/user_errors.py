"""Failures that are told to the user in one sentence.

IrodsfsError                     1
 ├─ OutputError                  1
 ├─ ConfigurationError           3
 ├─ MountError                   1
 │   ├─ AuthenticationError      4
 │   │   ├─ UnknownUserError     4
 │   │   └─ WrongZoneError       4
 │   ├─ UnreachableError         5
 │   ├─ CollectionError          6
 │   ├─ MountPointError          7
 │   ├─ FuseError                8
 │   ├─ TlsError                12
 │   └─ ServerFullError         13
 ├─ UnmountError                 9
 ├─ ControlFailure              10
 │   └─ NotOnMountError         10
 └─ RecoveryError               11

The number is the exit status of the command that failed.
"""

from __future__ import annotations

from typing import ClassVar


class IrodsfsError(Exception):
    """A failure that its message explains completely: what is wrong, and what to do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class OutputError(IrodsfsError):
    """What a command prints can't be written: a full disk, for example."""


class ConfigurationError(IrodsfsError):
    """A setting is missing or has no valid value."""

    exit_code = 3


class MountError(IrodsfsError):
    """The mount could not be made, or ended by a failure."""


class AuthenticationError(MountError):
    """The zone refused the user or the password."""

    exit_code = 4


class UnknownUserError(AuthenticationError):
    """The zone knows no such user, or has no password of its own for it."""


class WrongZoneError(AuthenticationError):
    """The server belongs to another zone than the user."""


class UnreachableError(MountError):
    """No server answers at the address of the zone."""

    exit_code = 5


class CollectionError(MountError):
    """The collection to mount is missing, or the user may not see it."""

    exit_code = 6


class MountPointError(MountError):
    """The mount point is missing, no directory, not empty, or mounted already."""

    exit_code = 7


class FuseError(MountError):
    """FUSE is not available on this machine or to this user."""

    exit_code = 8


class TlsError(MountError):
    """The zone and this account do not get a line together that TLS protects, or that needs no TLS."""

    exit_code = 12


class ServerFullError(MountError):
    """The server has as many connections as it allows."""

    exit_code = 13


class UnmountError(IrodsfsError):
    """The mount point is not one of ours, or is in use."""

    exit_code = 9


class ControlFailure(IrodsfsError):
    """The mount could not do what it was asked through its control socket."""

    exit_code = 10


class NotOnMountError(ControlFailure):
    """A path that should lie on a mount does not."""


class RecoveryError(IrodsfsError):
    """Something that is kept on this machine could not be brought where it was to go."""

    exit_code = 11
