"""Guide, chapters 6 and 9: permissions."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from irodsfs.control.documents.base import Document, ObjectType
from irodsfs.grid.permissions import LEVELS, Permission

_SHORT = {"read_object": "READ", "modify_object": "WRITE"}
_USER_TYPES = {
    "rodsadmin": "RODS_ADMIN",
    "rodsuser": "RODS_USER",
    "groupadmin": "GROUP_ADMIN",
    "rodsgroup": "RODS_GROUP",
}


class Level(StrEnum):
    """Access levels that can be given; those beyond READ, WRITE and OWN on servers from 4.3 on."""

    READ_METADATA = "READ_METADATA"
    READ = "READ"
    CREATE_METADATA = "CREATE_METADATA"
    MODIFY_METADATA = "MODIFY_METADATA"
    DELETE_METADATA = "DELETE_METADATA"
    CREATE_OBJECT = "CREATE_OBJECT"
    WRITE = "WRITE"
    DELETE_OBJECT = "DELETE_OBJECT"
    OWN = "OWN"

    @property
    def number(self) -> int:
        return _NUMBERS[self.value]


def _level_name(name: str) -> str:
    return _SHORT.get(name, name.upper())


_NUMBERS = {_level_name(name): number for number, name in LEVELS.items()}


class PermissionEntry(Document):
    """What one user or group may do."""

    userName: str
    userZone: str
    userId: str
    userType: str
    filePermissionEnum: str

    @classmethod
    def of(cls, permission: Permission) -> PermissionEntry:
        return cls(
            userName=permission.user,
            userZone=permission.zone,
            userId=permission.user_id,
            userType=_USER_TYPES.get(permission.user_type, "RODS_UNKNOWN"),
            filePermissionEnum=_level_name(LEVELS.get(permission.level, "none")),
        )


class PermissionListing(Document):
    """All permissions of an entry; `inheritance` is true of collections that pass theirs on."""

    xml_name: ClassVar[str] = "permissionListing"

    permissionEntries: list[PermissionEntry]
    objectType: ObjectType
    absolutePathString: str
    inheritance: bool
