"""One mount from its beginning to its end: log in, mount, serve, flush, leave."""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pyfuse3
import trio

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.config import MountConfig, with_current_password
from irodsfs.control.standby import listening, serve_when_wanted
from irodsfs.directories import socket_path
from irodsfs.errors import CollectionError, FuseError, MountError
from irodsfs.filesystem.coherence import Coherence
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.extended_attributes import ExtendedAttributes
from irodsfs.filesystem.former_collections import FormerCollections
from irodsfs.filesystem.inheriting import Inheritance
from irodsfs.filesystem.inodes import Inodes
from irodsfs.filesystem.opening import Opening
from irodsfs.filesystem.posix_attributes import PosixAttributes
from irodsfs.filesystem.renaming import Renaming
from irodsfs.filesystem.repair import Repair
from irodsfs.filesystem.space import Space
from irodsfs.filesystem.temporary_names import NAME
from irodsfs.filesystem.tree import Tree
from irodsfs.filesystem.upcoming import Upcoming
from irodsfs.filesystem.virtual_attributes import VirtualAttributes
from irodsfs.filesystem.write_back import WriteBackFiles
from irodsfs.grid.errors import ZONE_FAILURES, summarise
from irodsfs.grid.login import Renewal, entered
from irodsfs.grid.namespace import describe_special, find
from irodsfs.grid.posix_attributes import MODE, NAMESPACE, SYMLINK
from irodsfs.grid.zone import Zone
from irodsfs.mount.attributes import Owner
from irodsfs.mount.calls import Calls
from irodsfs.mount.kernel_cache import read_ahead
from irodsfs.mount.operations import Operations
from irodsfs.process import use_all_descriptors
from irodsfs.transfer.kept import Sender
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.write_back import WriteBack

logger = logging.getLogger(__name__)

FILE_SYSTEM_TYPE = "irodsfs"
UNMOUNT_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

PATIENCE = 10
"""For how many times the time limit of a request uploads behind closed files are tried."""


class _RequestsGivenUp(logging.Filter):
    """Drops pyfuse3's errors about replies for which nobody waits: the caller was killed, or the mount is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().endswith(os.strerror(errno.ENOENT))


logging.getLogger("pyfuse3").addFilter(_RequestsGivenUp())


def serve(config: MountConfig, ready: Callable[[], None]) -> None:
    """Mount, call `ready` when the mount answers, and return when it is unmounted. Raises `MountError`."""
    use_all_descriptors()
    failures: list[MountError] = []

    async def main() -> None:
        try:
            with ExitStack() as until_the_end:
                async with trio.open_nursery() as background:
                    await _serve(config, ready, background, until_the_end)
                    background.cancel_scope.cancel()
        except* MountError as group:
            failures.extend(error for error in group.exceptions if isinstance(error, MountError))

    trio.run(main)
    if failures:
        raise failures[0]


async def _serve(
    config: MountConfig, ready: Callable[[], None], background: trio.Nursery, until_the_end: ExitStack
) -> None:
    account = config.account
    entering = entered(
        account, background, connections=config.connections, request_timeout=config.timeout, ticket=config.ticket
    )
    async with entering as zone:
        zone.pool.renew = Renewal(account, with_current_password, config.timeout, config.ticket)
        await _check_collection(zone, config)
        catalog = Catalog(zone, config.cache_timeout, config.collection, posix=config.posix_attributes)
        inodes = Inodes(config.collection)
        options = TransferOptions(config.storing_resource, checksum=config.checksum, verify=config.verify)
        avus = Avus(zone, catalog, config.cache_timeout, hidden=NAMESPACE if config.posix_attributes else None)
        # Where bits are kept, programs set those of a new file themselves. What takes the place of a link is none.
        personal = {SYMLINK, NAME, MODE} if config.posix_attributes else {SYMLINK, NAME}
        inheritance = Inheritance(zone, avus, enabled=config.replace_keeps_metadata, personal=personal)
        upcoming = Upcoming(zone, catalog, verify=config.verify, enabled=config.cache_timeout > 0)
        former = FormerCollections(zone, config.storing_resource)
        corrections = Corrections(catalog, avus, inodes)
        files = WriteBackFiles(
            zone,
            catalog,
            Spool(config.spool_directory),
            inheritance,
            upcoming,
            former,
            options,
            Sender(host=account.host, port=account.port, zone=account.zone, user=account.user),
            inodes,
            WriteBack(zone.background, at_a_time=max(1, config.connections // 2), patience=PATIENCE * config.timeout),
            enabled=config.write_back,
        )
        if not config.read_only:
            await files.restore()
        control_path = socket_path(config.name)
        operations = Operations(
            catalog,
            inodes,
            files,
            Opening(catalog, inodes, files, config.cache_timeout),
            Tree(zone, catalog, corrections, inodes, files, former, trash=config.trash),
            Renaming(zone, catalog, avus, corrections, inodes, files, inheritance, former),
            Repair(zone, catalog, read_only=config.read_only),
            Space(zone, config.storing_resource),
            ExtendedAttributes(avus, VirtualAttributes(zone, catalog, avus, corrections, control_path), corrections),
            PosixAttributes(zone, catalog, corrections, former, config.storing_resource)
            if config.posix_attributes
            else None,
            corrections,
            owner=Owner.chosen(config.uid, config.gid, config.umask),
            read_only=config.read_only,
            strict_permissions=config.strict_permissions,
            links_stay_in=config.collection if config.foreign_links == "refuse" else None,
        )
        calls = Calls(operations)
        _mount(calls, config)
        end = _End(files, background)
        zone.background.start_soon(end.come_with, until_the_end.enter_context(_handled()))
        try:
            changes = Coherence(catalog, inodes, avus, files)
            async with calls.serving():
                with listening(control_path) as control:
                    control_socket = partial(serve_when_wanted, control, config, changes)
                    await _answer_requests(config, ready, calls.watch, control_socket)
        finally:
            end.is_unmounted = True
            pyfuse3.close(unmount=True)
            with trio.CancelScope(shield=True):
                kept = await files.finish()
            zone.pool.abandon()  # nothing that goes on in the background is worth a moment any more
        if kept:
            raise MountError(
                f"{len(kept)} files could not be written into the zone: their bytes are kept in "
                f"{kept[0].parent}, where irodsfs recover finds them, and the log says why."
            )


async def _check_collection(zone: Zone, config: MountConfig) -> None:
    try:
        entry = await find(zone, config.collection)
    except ZONE_FAILURES as error:
        raise MountError(f"{config.collection} could not be looked up: {summarise(error)}.") from error
    if entry is None:
        raise CollectionError(
            f"{config.collection} does not exist in zone {zone.identity.zone}, or {zone.identity.user} may not see it: "
            "check the path, or name another with --collection."
        )
    if entry.special:
        raise CollectionError(f"{await describe_special(zone, entry)}.")
    if not entry.is_collection:
        raise CollectionError(f"{config.collection} is a data object: mount the collection that it is in.")


def _mount(operations: Calls, config: MountConfig) -> None:
    options = set(pyfuse3.default_options) - {"default_permissions"}
    options |= {f"fsname=irods:{config.collection.replace(',', '_')}", f"subtype={FILE_SYSTEM_TYPE}"}
    if config.allow_other:
        # Everybody on this machine would be the mount's iRODS user, so the kernel checks local users first.
        options |= {"allow_other", "default_permissions"}
    if config.read_only:
        options.add("ro")
    try:
        pyfuse3.init(operations, str(config.mountpoint), options)
    except RuntimeError as error:
        raise FuseError(f"{config.mountpoint} could not be mounted: {error}.") from error


async def _answer_requests(
    config: MountConfig,
    ready: Callable[[], None],
    *beside: Callable[[], Awaitable[None]],
) -> None:
    async with trio.open_nursery() as nursery:
        for each in beside:
            nursery.start_soon(each)
        nursery.start_soon(_announce, config, ready)
        await pyfuse3.main()
        nursery.cancel_scope.cancel()


class _End:
    """The end of a mount, by signals or because it was unmounted."""

    def __init__(self, files: WriteBackFiles, background: trio.Nursery) -> None:
        self.is_unmounted = False
        self._files = files
        self._background = background

    async def come_with(self, signals: AsyncIterator[int]) -> None:
        """Unmount on the first signal; stop waiting for the zone on the second of those by which users hurry."""
        hurried = 0
        async for number in signals:
            name = signal.Signals(number).name
            hurried += number != signal.SIGHUP  # of which a terminal that is closed may send several
            if hurried > 1:
                logger.warning("%s: what is not in the zone yet stays in %s", name, self._files.spool_directory)
                self._files.stop_waiting()
            elif self.is_unmounted:
                logger.info("%s: what was written is being brought into the zone, until another SIGTERM", name)
            else:
                logger.info("unmounting on %s", name)
                self._unmount()

    def _unmount(self) -> None:
        self.is_unmounted = True
        # Requests that are under way are answered still, and what they wait for must not keep the rest waiting.
        pyfuse3.terminate()
        self._background.start_soon(self._files.begin_to_finish)


@contextmanager
def _handled() -> Iterator[AsyncIterator[int]]:
    """The signals that unmount, as they come; what comes after the block does nothing."""
    for number in UNMOUNT_SIGNALS:
        # What the receiver puts back in the end: this process is about to leave then, with the status that it has.
        signal.signal(number, signal.SIG_IGN)
    with trio.open_signal_receiver(*UNMOUNT_SIGNALS) as signals:
        yield signals


async def _announce(config: MountConfig, ready: Callable[[], None]) -> None:
    await trio.to_thread.run_sync(read_ahead, config.mountpoint)
    # What was made until now lives as long as the mount: no collection of garbage needs to look at it again.
    gc.freeze()
    ready()
