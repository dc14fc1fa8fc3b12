"""What the file system of one mount is made of, put together from its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.single import SingleObject
from irodsfs.config import MountConfig
from irodsfs.filesystem.cache_invalidator import CacheInvalidator
from irodsfs.filesystem.caches import Caches
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.extended_attributes import ExtendedAttributes
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.inodes import Inodes
from irodsfs.filesystem.kernel import Kernel
from irodsfs.filesystem.namespace import Namespace
from irodsfs.filesystem.opener import Opener
from irodsfs.filesystem.opening import Opening
from irodsfs.filesystem.pending_uploads import PendingUploads
from irodsfs.filesystem.posix_attributes import PosixAttributes
from irodsfs.filesystem.prefetcher import Prefetcher
from irodsfs.filesystem.renaming import Renaming
from irodsfs.filesystem.repair import Repair
from irodsfs.filesystem.replaced_metadata import ReplacedMetadata
from irodsfs.filesystem.salvage import Salvage
from irodsfs.filesystem.space import Quotas
from irodsfs.filesystem.temporary_names import NAME
from irodsfs.filesystem.uploader import Uploader
from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.filesystem.virtual_attributes import VirtualAttributes
from irodsfs.grid.posix_avus import MODE, NAMESPACE, SYMLINK
from irodsfs.grid.zone import Zone
from irodsfs.transfer import memory
from irodsfs.transfer.checksums import HashPolicy
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Sender
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.write_back import WriteBack

TIME_LIMITS = 10
"""For how many times the time limit of a request uploads behind closed files are tried."""


@dataclass(frozen=True)
class Parts:
    caches: Caches
    files: Files
    pending: PendingUploads
    opening: Opening
    tree: Namespace
    renaming: Renaming
    repair: Repair
    quotas: Quotas
    extended_attributes: ExtendedAttributes
    posix_attributes: PosixAttributes | None
    corrections: Corrections
    cache_invalidator: CacheInvalidator


def parts_of(zone: Zone, config: MountConfig, kernel: Kernel, control_socket: Path, only: str | None = None) -> Parts:
    """`only` is the data object that is all of the mount."""
    memory.allow(config.memory)  # before anything is opened
    options, posix = _options(config), config.posix_attributes
    caches = _caches(zone, config, kernel, only)
    catalog, avus, inodes = caches.catalog, caches.avus, caches.inodes
    corrections = Corrections(caches)
    vault_directories = VaultDirectories(zone, options.resource_at)
    replaced_metadata = _replaced_metadata(zone, avus, config)
    prefetcher = Prefetcher(zone, catalog, verify=options.verify, enabled=config.cache_timeout > 0)
    spool = Spool(config.spool_directory)
    opener = Opener(zone, spool, options, prefetcher)
    uploader = Uploader(zone, catalog, inodes, prefetcher, vault_directories, replaced_metadata)
    salvage = Salvage(catalog, inodes, spool, _sender(config))
    pending = PendingUploads(caches, opener, uploader, salvage, _queue(zone, config), enabled=config.write_back)
    files = Files(catalog, inodes, opener, uploader, salvage, pending)
    return Parts(
        caches,
        files,
        pending,
        Opening(catalog, inodes, files, config.cache_timeout),
        Namespace(zone, caches, corrections, files, vault_directories, trash_after=config.trash_after),
        Renaming(zone, caches, corrections, files, replaced_metadata, vault_directories),
        Repair(zone, catalog, read_only=config.read_only),
        Quotas(zone, config.collection, options.resource_at(config.collection)),
        ExtendedAttributes(avus, VirtualAttributes(zone, catalog, avus, corrections, control_socket), corrections),
        PosixAttributes(zone, catalog, corrections, vault_directories, options.resource_at) if posix else None,
        corrections,
        CacheInvalidator(zone, catalog, inodes, avus, pending, spool),
    )


def _caches(zone: Zone, config: MountConfig, kernel: Kernel, only: str | None) -> Caches:
    time_to_live, posix = config.cache_timeout, config.posix_attributes
    if only is None:
        catalog = Catalog(zone, time_to_live, config.collection, posix=posix)
    else:
        catalog = SingleObject(zone, time_to_live, only, posix=posix)
    zone.hosts.known_at = catalog.resources_at
    avus = Avus(zone, catalog, time_to_live, hidden=NAMESPACE if posix else None)
    return Caches(catalog, avus, Inodes(config.collection, kernel))


def _options(config: MountConfig) -> TransferOptions:
    policy = HashPolicy(config.account.default_hash_scheme, strict=config.account.match_hash_policy == "strict")
    return TransferOptions(
        *config.storing_resource,
        checksum=policy.example if config.checksum else None,
        verify=policy if config.verify else None,
    )


def _replaced_metadata(zone: Zone, avus: Avus, config: MountConfig) -> ReplacedMetadata:
    # Where bits are kept, programs set those of a new file themselves. What takes the place of a link is none.
    personal = {SYMLINK, NAME, MODE} if config.posix_attributes else {SYMLINK, NAME}
    return ReplacedMetadata(zone, avus, enabled=config.replace_keeps_metadata, personal=personal)


def _sender(config: MountConfig) -> Sender:
    account = config.account
    return Sender(host=account.host, port=account.port, zone=account.zone, user=account.user)


def _queue(zone: Zone, config: MountConfig) -> WriteBack:
    at_a_time = max(1, config.connections // 2)
    return WriteBack(zone.background, at_a_time=at_a_time, time_limit=TIME_LIMITS * config.timeout)
