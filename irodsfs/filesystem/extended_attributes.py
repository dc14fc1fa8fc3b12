"""Extended attributes: AVUs as `user.*`, and the virtual ones."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from irods.exception import iRODSException

from irodsfs.catalog.avus import Avus
from irodsfs.filesystem import avu_codec, virtual_attributes
from irodsfs.filesystem.avu_codec import NAMESPACE, XATTR_NAME_MAX
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.errnos import EXPECTED, errno_of
from irodsfs.filesystem.virtual_attributes import VirtualAttributes
from irodsfs.grid.errors import describe
from irodsfs.grid.metadata import LONGEST_VALUE, Avu

logger = logging.getLogger(__name__)


class ExtendedAttributes:
    """Extended attributes by path. Those of other namespaces are ENOTSUP."""

    def __init__(self, avus: Avus, virtual: VirtualAttributes, corrections: Corrections) -> None:
        self._avus = avus
        self._virtual = virtual
        self._corrections = corrections

    async def names(self, path: str) -> list[bytes]:
        """What `listxattr` shows; attributes whose name is too long for Linux are left out."""
        names = dict.fromkeys(avu_codec.encode_name(avu.attribute) for avu in await self._avus.of(path))
        return [name for name in names if len(name) <= XATTR_NAME_MAX]

    async def get(self, path: str, name: bytes) -> bytes:
        if is_virtual(name):
            return await self._virtual.get(path, name.decode())
        values = [(avu.value, avu.units) for avu in await self._present(path, _attribute(name))]
        if not values:
            raise _missing(name)
        return avu_codec.encode(values)

    async def set(self, path: str, name: bytes, content: bytes) -> None:
        """Nothing is changed when this raises: ValueError for what makes no sense, the zone's error for its refusal."""
        with _refusals_logged(path, name):
            if is_virtual(name):
                await self._virtual.set(path, name.decode(), content)
                return
            attribute = _attribute(name)
            if len(attribute.encode()) > LONGEST_VALUE or not attribute:
                raise ValueError(f"an attribute's name has 1 to {LONGEST_VALUE} bytes")
            wanted = [Avu(attribute, value, units) for value, units in avu_codec.decode(content)]
            await self._corrections.on(path, partial(self._avus.set, attribute=attribute, wanted=wanted))

    async def remove(self, path: str, name: bytes) -> None:
        if is_virtual(name):
            raise PermissionError(errno.EPERM, f"{name!r} can't be removed")
        attribute = _attribute(name)

        removing = partial(self._avus.remove, attribute=attribute)
        with _refusals_logged(path, name):
            if await self._corrections.on(path, removing):
                return
            # What is missing, or of another kind, has no AVUs either.
            if not (await self._corrections.are_wrong(path) and await self._corrections.on(path, removing)):
                raise _missing(name)

    async def _present(self, path: str, attribute: str) -> list[Avu]:
        return [avu for avu in await self._avus.of(path) if avu.attribute == attribute]


@contextmanager
def _refusals_logged(path: str, name: bytes) -> Iterator[None]:
    try:
        yield
    except iRODSException as error:
        # Otherwise not worth a line; but who edits metadata wants to know more than "permission denied".
        if errno_of(error) in EXPECTED:
            logger.warning("%s of %s was not changed: %s", name.decode("utf-8", "replace"), path, describe(error))
        raise


def is_virtual(name: bytes) -> bool:
    return name.startswith(virtual_attributes.NAMESPACE.encode())


def _attribute(name: bytes) -> str:
    if not name.startswith(NAMESPACE.encode()):
        raise OSError(errno.ENOTSUP, f"{name!r}: only {NAMESPACE}* can be kept")
    return name.decode("utf-8").removeprefix(NAMESPACE)


def _missing(name: bytes) -> OSError:
    return OSError(errno.ENODATA, f"no attribute {name!r}")
