"""Bringing back what was kept in a spool: into the zone that it was meant for, or out of the way."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import trio

from irodsfs.grid.catalog_entries import NANOSECONDS
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.posix_avus import set_mode
from irodsfs.grid.zone import Zone
from irodsfs.private_files import private
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Description, SpoolEntry
from irodsfs.transfer.upload import Upload, upload
from irodsfs.transfer.upload_journal import WAITING, claim_abandoned
from irodsfs.transfer.versions import require_present, require_unchanged


@contextmanager
def left_in(spool: Path) -> Iterator[list[SpoolEntry]]:
    """What is kept in a spool, oldest first: what the zone would not take, and what mounts have left that were killed.

    No mount takes the latter away during the block. Raises ConfigurationError for a directory of another user's.
    """
    if not spool.exists():
        yield []
        return
    private(spool)
    with ExitStack() as stack:
        waiting: list[SpoolEntry] = []
        for claim in claim_abandoned(spool / WAITING):
            stack.callback(claim.leave)
            waiting += claim.entries()
        yield sorted([*Spool(spool).failed(), *waiting], key=lambda kept: kept.file.name)


async def put_back(zone: Zone, kept: SpoolEntry, *, overwrite: bool, dry_run: bool) -> None:
    """Bring kept bytes into the zone, with their time, and discard them then.

    Raises `ChangedElsewhereError` when the zone has got another version meanwhile, unless that is to be overwritten.
    Parts of an object only ever go into the version that they are parts of. Of several that try at once, one does it.
    """
    with kept.claimed():
        await _check(zone, kept.description, overwrite=overwrite)
        if not dry_run:
            await _put(zone, kept)
            await trio.to_thread.run_sync(kept.discard)


async def _check(zone: Zone, description: Description, *, overwrite: bool) -> None:
    if description.sender.zone != zone.identity.zone or description.sender.user != zone.identity.user:
        whose = f"{description.sender.user}#{description.sender.zone}"
        raise PermissionError(errno.EPERM, f"it is of {whose}, not of {zone.identity.user}#{zone.identity.zone}")
    if not description.replace:
        await require_present(zone, description.path)
    if not (overwrite and description.replace):
        known = [bytes.fromhex(each) for each in (*description.known, description.digest)]
        await require_unchanged(zone, description.path, description.base, known)


async def _put(zone: Zone, kept: SpoolEntry) -> None:
    description = kept.description
    create = description.replace and not await read_replicas(zone, description.path)
    due = Upload(
        path=description.path,
        patches=kept.patches(),
        size=description.size,
        create=create,
        replace=description.replace and not create,
        cut=description.cut,
        touch=None if description.modified_ns is None else description.modified_ns // NANOSECONDS,
    )
    await upload(zone, due)
    if description.mode is not None:
        await zone.perform(set_mode(description.path, description.mode, is_collection=False), repeat=True)
