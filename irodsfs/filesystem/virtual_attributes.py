"""`irods.*`: what iRODS knows of an entry and POSIX has no word for, as extended attributes that are never listed."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import irods.exception as ex

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem import avu_codec
from irodsfs.filesystem.corrections import Corrections
from irodsfs.grid import data_objects, permissions
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.collections import CollectionDetails, read_collection
from irodsfs.grid.data_objects import Replica, read_replicas
from irodsfs.grid.metadata import Avu
from irodsfs.grid.permissions import NULL, level_name, level_of, read_permissions
from irodsfs.grid.sums import sum_below
from irodsfs.grid.zone import Zone

NAMESPACE = "irods."
CONTROL = "irods.control"
"""Which is known without the zone, as it must be when that is silent."""

STATUSES = {0: "stale", 1: "good", 2: "intermediate", 3: "read-locked", 4: "write-locked"}


class VirtualAttributes:
    """Reads and, where it makes sense, sets them. What is unset or does not apply is ENODATA."""

    def __init__(self, zone: Zone, catalog: Catalog, avus: Avus, corrections: Corrections, control: Path) -> None:
        """`control` is the path of the control socket."""
        self._zone = zone
        self._corrections = corrections
        self._catalog = catalog
        self._avus = avus
        self._control_path = control
        self._getters: dict[str, Callable[[Entry], Awaitable[str | None]]] = {
            "path": self._path,
            "id": self._id,
            "type": self._type,
            "owner": self._owner,
            "create_time": self._create_time,
            "checksum": self._checksum,
            "resource": self._resource,
            "replicas": self._replicas,
            "acl": self._acl,
            "inherit": self._inherit,
            "avu": self._avu,
            "rbytes": self._rbytes,
            "rfiles": self._rfiles,
            "rdirs": self._rdirs,
        }
        self._setters: dict[str, Callable[[Entry, str], Awaitable[None]]] = {
            "acl": self._set_acl,
            "inherit": self._set_inherit,
            "avu": self._set_avu,
            "checksum": self._set_checksum,
        }

    async def get(self, path: str, name: str) -> bytes:
        if name == CONTROL:
            return os.fsencode(self._control_path)
        getter = self._getters.get(name.removeprefix(NAMESPACE))
        value = await getter(await self._catalog.find(path)) if getter else None
        if value is None:
            raise OSError(errno.ENODATA, f"{name} of {path}")
        return value.encode("utf-8", "surrogateescape")

    async def set(self, path: str, name: str, content: bytes) -> None:
        """Raises ValueError for a value that makes no sense, EPERM for what can't be set."""
        setter = self._setters.get(name.removeprefix(NAMESPACE))
        if setter is None:
            raise PermissionError(errno.EPERM, f"{name} can't be set")
        value = content.decode("utf-8")
        await self._corrections.on(path, lambda entry: setter(entry, value))

    async def _path(self, entry: Entry) -> str:
        return entry.path

    async def _id(self, entry: Entry) -> str | None:
        known = entry if entry.id > 0 else await self._catalog.refetch(entry.path)
        return str(known.id) if known.id > 0 else None

    async def _type(self, entry: Entry) -> str:
        return "collection" if entry.is_collection else "data_object"

    async def _owner(self, entry: Entry) -> str | None:
        details = await self._details(entry)
        return f"{details.owner}#{details.owner_zone}" if details else None

    async def _create_time(self, entry: Entry) -> str | None:
        details = await self._details(entry)
        return str(details.created) if details else None

    async def _checksum(self, entry: Entry) -> str | None:
        best = await self._best_replica(entry)
        return best.checksum or None if best else None

    async def _resource(self, entry: Entry) -> str | None:
        best = await self._best_replica(entry)
        return best.hierarchy if best else None

    async def _replicas(self, entry: Entry) -> str | None:
        if entry.is_collection:
            return None
        return _json([_replica(replica) for replica in await read_replicas(self._zone, entry.path)])

    async def _acl(self, entry: Entry) -> str:
        granted = await read_permissions(self._zone, entry.path, is_collection=entry.is_collection)
        return _json(
            [
                {"user": each.user, "zone": each.zone, "type": each.user_type, "level": level_name(each.level)}
                for each in granted
            ]
        )

    async def _inherit(self, entry: Entry) -> str | None:
        details = await read_collection(self._zone, entry.path) if entry.is_collection else None
        return str(details.inherits).lower() if details else None

    async def _avu(self, entry: Entry) -> str:
        return _json([[avu.attribute, avu.value, avu.units] for avu in await self._avus.of(entry.path)])

    async def _rbytes(self, entry: Entry) -> str | None:
        return str((await sum_below(self._zone, entry.path)).size) if entry.is_collection else None

    async def _rfiles(self, entry: Entry) -> str | None:
        return str((await sum_below(self._zone, entry.path)).data_objects) if entry.is_collection else None

    async def _rdirs(self, entry: Entry) -> str | None:
        return str((await sum_below(self._zone, entry.path)).collections) if entry.is_collection else None

    async def _set_acl(self, entry: Entry, value: str) -> None:
        wanted = _levels(_parsed(value), self._zone.identity.zone)
        granted = await read_permissions(self._zone, entry.path, is_collection=entry.is_collection)
        present = {(each.user, each.zone): each.level for each in granted}
        changes = {who: level for who, level in wanted.items() if present.get(who) != level}
        changes |= {who: NULL for who in present if who not in wanted}
        if changes:
            try:
                await self._zone.perform(*permissions.grant_all(self._zone, entry.path, changes), repeat=True)
            except ex.CAT_INVALID_USER as error:
                raise ValueError(f"not all of {', '.join('#'.join(who) for who in changes)} are users") from error
            self._catalog.forget(entry.path)

    async def _set_inherit(self, entry: Entry, value: str) -> None:
        if not entry.is_collection or value not in ("true", "false"):
            raise ValueError(f"inherit of a collection is true or false, not {value!r}")
        await self._zone.perform(permissions.inherit(entry.path, enabled=value == "true"), repeat=True)

    async def _set_avu(self, entry: Entry, value: str) -> None:
        await self._avus.set_all(entry, [_avu(each) for each in _list(_parsed(value))])

    async def _set_checksum(self, entry: Entry, value: str) -> None:
        if entry.is_collection or value not in ("compute", "verify"):
            raise ValueError(f"checksum of a data object can be set to compute or verify, not {value!r}")
        verify = value == "verify"
        await self._zone.perform(data_objects.checksum(entry.path, force=not verify, verify=verify), repeat=True)
        self._catalog.forget(entry.path)

    async def _details(self, entry: Entry) -> CollectionDetails | Replica | None:
        return await (read_collection(self._zone, entry.path) if entry.is_collection else self._best_replica(entry))

    async def _best_replica(self, entry: Entry) -> Replica | None:
        replicas = [] if entry.is_collection else await read_replicas(self._zone, entry.path)
        return replicas[0] if replicas else None


def _replica(replica: Replica) -> dict[str, object]:
    return {
        "number": replica.number,
        "status": STATUSES.get(replica.status, str(replica.status)),
        "resource": replica.resource,
        "hierarchy": replica.hierarchy,
        "host": replica.host,
        "size": replica.size,
        "checksum": replica.checksum,
        "created": replica.created,
        "modified": replica.modified,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a JSON list")
    return value


def _levels(value: Any, own_zone: str) -> dict[tuple[str, str], int]:
    levels = {}
    for each in _list(value):
        if not isinstance(each, dict) or not each.keys() >= {"user", "level"}:
            raise ValueError(f"{each!r} does not name user and level")
        levels[str(each["user"]), str(each.get("zone") or own_zone)] = level_of(str(each["level"]))
    return levels


def _avu(value: Any) -> Avu:
    if not (isinstance(value, list) and len(value) in (2, 3) and all(isinstance(part, str) for part in value)):
        raise ValueError(f'{value!r} is not ["attribute", "value"] or ["attribute", "value", "units"]')
    avu = Avu(*value)
    avu_codec.check(avu.attribute, "")
    avu_codec.check(avu.value, avu.units)
    return avu
