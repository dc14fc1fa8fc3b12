"""One mount from its beginning to its end: log in, mount, serve, flush, leave."""

from __future__ import annotations

import gc
import logging
import posixpath
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import trio

from irodsfs.config import MountConfig, with_current_password
from irodsfs.control.standby import listening, serve_when_wanted
from irodsfs.filesystem.file_system import FileSystem
from irodsfs.garbage import collect_when_idle
from irodsfs.grid.background import Background
from irodsfs.grid.catalog_entries import find
from irodsfs.grid.errors import ZONE_FAILURES, summarise
from irodsfs.grid.irods_sessions import Renewal, entered
from irodsfs.grid.resources import resource_parents
from irodsfs.grid.special_collections import describe_special
from irodsfs.grid.zone import Zone
from irodsfs.heartbeat import beat
from irodsfs.mount import fuse
from irodsfs.mount.calls import Calls
from irodsfs.mount.kernel_cache import KernelCache, read_ahead
from irodsfs.mount.operations import Operations
from irodsfs.private_files import socket_path
from irodsfs.process import give_memory_back, use_all_descriptors
from irodsfs.user_errors import CollectionError, ConfigurationError, IrodsfsError, MountError

logger = logging.getLogger(__name__)

UNMOUNT_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(config: MountConfig, ready: Callable[[], None]) -> None:
    """Mount, call `ready` when the mount answers, and return when it is unmounted. Raises `IrodsfsError`."""
    use_all_descriptors()
    give_memory_back()
    failures: list[IrodsfsError] = []

    async def main() -> None:
        try:
            with ExitStack() as until_the_end:
                async with trio.open_nursery() as background:
                    await _serve(config, ready, background, until_the_end)
                    background.cancel_scope.cancel()
        except* IrodsfsError as group:
            failures.extend(error for error in group.exceptions if isinstance(error, IrodsfsError))

    trio.run(main)
    if failures:
        raise failures[0]


async def _serve(
    config: MountConfig, ready: Callable[[], None], background: trio.Nursery, until_the_end: ExitStack
) -> None:
    account = config.account
    entering = entered(
        account,
        background,
        connections=config.connections,
        request_timeout=config.timeout,
        ticket=config.ticket,
        lasting=True,
        redirect=config.redirect,
    )
    async with entering as zone:
        zone.pool.logins.renew = Renewal(account, with_current_password, config.timeout, config.ticket)
        only = await _check_collection(zone, config)
        if only is not None:
            config = config.model_copy(update={"collection": posixpath.dirname(only)})
        await _check_resource(zone, config)
        kept = await _mount(zone, config, only, ready, until_the_end)
    if kept:
        raise MountError(
            f"{len(kept)} files could not be written into the zone: their bytes are kept in "
            f"{kept[0].parent}, where irodsfs recover finds them, and the log says why."
        )


async def _mount(
    zone: Zone, config: MountConfig, only: str | None, ready: Callable[[], None], until_the_end: ExitStack
) -> Sequence[Path]:
    """A file system from its beginning to its end; where the bytes are kept that could not be written."""
    kernel, control_path = KernelCache(), socket_path(config.name)
    file_system = FileSystem(zone, config, kernel, control_path, only)
    await file_system.restore()
    calls = Calls(Operations(file_system))
    source = f"irods:{config.collection}"
    fuse.attach(calls, config.mountpoint, source, allow_other=config.allow_other, read_only=config.read_only)
    end = _End(file_system, zone.background)
    zone.background.keep_up(partial(end.come_with, until_the_end.enter_context(_handled())))
    try:
        async with calls.serving():
            with listening(control_path) as control:
                control_socket = partial(serve_when_wanted, control, config, file_system.changes)
                await _answer_requests(config, ready, calls.watch, control_socket, beat, collect_when_idle)
    finally:
        end.is_unmounted = True
        kernel.close()
        fuse.detach()
        with trio.CancelScope(shield=True):
            kept = await file_system.finish()
        zone.pool.abandon()  # nothing that goes on in the background is worth a moment any more
    return kept


async def _check_collection(zone: Zone, config: MountConfig) -> str | None:
    """Answers the path of a data object that a ticket opens, which is shown in a directory of its own."""
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
    if entry.is_collection:
        return None
    if config.ticket is None:
        raise CollectionError(f"{config.collection} is a data object: mount the collection that it is in.")
    return config.collection


async def _check_resource(zone: Zone, config: MountConfig) -> None:
    name, place = config.storing_resource
    if name is None or config.read_only or place != zone.identity.zone:
        return
    try:
        parents = await resource_parents(zone)
    except ZONE_FAILURES as error:
        raise MountError(f"The resource {name} could not be looked up: {summarise(error)}.") from error
    roots = ", ".join(sorted(each for each, parent in parents.items() if not parent))
    if name not in parents:
        raise ConfigurationError(f"Zone {zone.identity.zone} has no resource {name}: name one of {roots}.")
    if parents[name]:
        raise ConfigurationError(f"The resource {name} lies below another one: name one of {roots}.")


async def _answer_requests(
    config: MountConfig,
    ready: Callable[[], None],
    *beside: Callable[[], Awaitable[None]],
) -> None:
    async with trio.open_nursery() as nursery:
        background = Background(nursery)
        for each in beside:
            background.keep_up(each)
        nursery.start_soon(_announce, config, ready)  # a mount that can't be announced ends
        await fuse.answer()
        nursery.cancel_scope.cancel()


class _End:
    """The end of a mount, by signals or because it was unmounted."""

    def __init__(self, file_system: FileSystem, background: Background) -> None:
        self.is_unmounted = False
        self._file_system = file_system
        self._background = background

    async def come_with(self, signals: AsyncIterator[int]) -> None:
        """Unmount on the first signal; stop waiting for the zone on the second of those by which users hurry."""
        hurried = 0
        async for number in signals:
            name = signal.Signals(number).name
            hurried += number != signal.SIGHUP  # of which a terminal that is closed may send several
            if hurried > 1:
                logger.warning(
                    "%s: what is not in the zone yet stays in %s", name, self._file_system.changes.spool_directory
                )
                self._file_system.stop_waiting()
            elif self.is_unmounted:
                logger.info("%s: what was written is being brought into the zone, until another SIGTERM", name)
            else:
                logger.info("unmounting on %s", name)
                self._unmount()

    def _unmount(self) -> None:
        self.is_unmounted = True
        # Requests that are under way are answered still, and what they wait for must not keep the rest waiting.
        fuse.stop()
        self._background.start_soon(self._file_system.begin_to_finish)


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
