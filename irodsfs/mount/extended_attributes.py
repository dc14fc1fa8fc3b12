"""AVUs as `user.*` extended attributes."""

from __future__ import annotations

import errno

import pyfuse3
from cachetools import TTLCache

from irodsfs.catalog.catalog import Catalog
from irodsfs.grid.metadata import LONGEST_VALUE, Avu, change, read_avus
from irodsfs.grid.zone import Zone
from irodsfs.mount import avu_codec
from irodsfs.mount.avu_codec import LONGEST_NAME, NAMESPACE

KEPT = 10_000


class ExtendedAttributes:
    """Reads all AVUs of an entry in one query, changes those of one attribute in one atomic request."""

    def __init__(self, zone: Zone, catalog: Catalog, time_to_live: float) -> None:
        """`time_to_live` in seconds, for the AVUs that were read."""
        self._zone = zone
        self._catalog = catalog
        # By the entry's id: what is recreated at a path or moved there has other AVUs.
        self._avus: TTLCache[int, list[Avu]] = TTLCache(KEPT, time_to_live)

    async def names(self, path: str) -> list[bytes]:
        """What `listxattr` shows; attributes whose name is too long for Linux are left out."""
        avus = await self._read(path)
        names = dict.fromkeys(avu_codec.encode_name(avu.attribute) for avu in avus)
        return [name for name in names if len(name) <= LONGEST_NAME]

    async def get(self, path: str, name: bytes) -> bytes:
        attribute = _attribute(name)
        values = [(avu.value, avu.units) for avu in await self._read(path) if avu.attribute == attribute]
        if not values:
            raise _missing(name)
        return avu_codec.encode(values)

    async def set(self, path: str, name: bytes, content: bytes) -> None:
        attribute = _attribute(name)
        if len(attribute.encode()) > LONGEST_VALUE or not attribute:
            raise ValueError(f"an attribute's name has 1 to {LONGEST_VALUE} bytes")
        wanted = [Avu(attribute, value, units) for value, units in avu_codec.decode(content)]
        present = [avu for avu in await self._read(path) if avu.attribute == attribute]
        await self._change(path, remove=_without(present, wanted), add=_without(wanted, present))

    async def remove(self, path: str, name: bytes) -> None:
        attribute = _attribute(name)
        present = [avu for avu in await self._read(path) if avu.attribute == attribute]
        if not present:
            raise _missing(name)
        await self._change(path, remove=present, add=[])

    async def _change(self, path: str, *, remove: list[Avu], add: list[Avu]) -> None:
        if not (remove or add):
            return
        entry = await self._catalog.find(path)
        known = self._avus.pop(entry.id, None)
        request = change(path, is_collection=entry.is_collection, remove=remove, add=add)
        await self._zone.perform(request)
        if known is not None:
            self._avus[entry.id] = _without(known, remove) + add

    async def _read(self, path: str) -> list[Avu]:
        entry = await self._catalog.find(path)
        avus = self._avus.get(entry.id)
        if avus is None:
            avus = await read_avus(self._zone, path, is_collection=entry.is_collection)
            self._avus[entry.id] = avus
        return avus


def _attribute(name: bytes) -> str:
    if not name.startswith(NAMESPACE.encode()):
        raise OSError(errno.ENOTSUP, f"{name!r}: only {NAMESPACE}* can be kept")
    return name.decode("utf-8").removeprefix(NAMESPACE)


def _missing(name: bytes) -> OSError:
    return OSError(pyfuse3.ENOATTR, f"no attribute {name!r}")


def _without(avus: list[Avu], others: list[Avu]) -> list[Avu]:
    return [avu for avu in avus if avu not in others]
