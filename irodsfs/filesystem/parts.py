"""What the file system of one mount is made of, put together from its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.single import SingleObject
from irodsfs.config import MountConfig
from irodsfs.filesystem.coherence import Coherence
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.extended_attributes import ExtendedAttributes
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.former_collections import FormerCollections
from irodsfs.filesystem.inheriting import Inheritance
from irodsfs.filesystem.inodes import Inodes
from irodsfs.filesystem.kernel import Kernel
from irodsfs.filesystem.opener import Opener
from irodsfs.filesystem.opening import Opening
from irodsfs.filesystem.pending_uploads import PendingUploads
from irodsfs.filesystem.posix_attributes import PosixAttributes
from irodsfs.filesystem.renaming import Renaming
from irodsfs.filesystem.repair import Repair
from irodsfs.filesystem.salvage import Salvage
from irodsfs.filesystem.space import Quotas
from irodsfs.filesystem.temporary_names import NAME
from irodsfs.filesystem.tree import Tree
from irodsfs.filesystem.upcoming import Upcoming
from irodsfs.filesystem.uploader import Uploader
from irodsfs.filesystem.virtual_attributes import VirtualAttributes
from irodsfs.grid.posix_attributes import MODE, NAMESPACE, SYMLINK
from irodsfs.grid.zone import Zone
from irodsfs.transfer import memory
from irodsfs.transfer.kept import Sender
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.write_back import WriteBack

PATIENCE = 10
"""For how many times the time limit of a request uploads behind closed files are tried."""


@dataclass(frozen=True)
class Parts:
    catalog: Catalog
    inodes: Inodes
    files: Files
    pending: PendingUploads
    opening: Opening
    tree: Tree
    renaming: Renaming
    repair: Repair
    quotas: Quotas
    extended_attributes: ExtendedAttributes
    posix_attributes: PosixAttributes | None
    corrections: Corrections
    coherence: Coherence


def parts_of(zone: Zone, config: MountConfig, kernel: Kernel, control_socket: Path, only: str | None = None) -> Parts:
    """`only` is the data object that is all of the mount."""
    memory.allow(config.memory)  # before anything is opened
    posix, collection = config.posix_attributes, config.collection
    options = TransferOptions(*config.storing_resource, checksum=config.checksum, verify=config.verify)
    catalog = (
        Catalog(zone, config.cache_timeout, collection, posix=posix)
        if only is None
        else SingleObject(zone, config.cache_timeout, only, posix=posix)
    )
    avus = Avus(zone, catalog, config.cache_timeout, hidden=NAMESPACE if posix else None)
    inodes = Inodes(collection, kernel)
    corrections = Corrections(catalog, avus, inodes)
    former = FormerCollections(zone, options.resource_at)
    inheritance = _inheritance(zone, avus, config)
    upcoming = Upcoming(zone, catalog, verify=config.verify, enabled=config.cache_timeout > 0)
    spool = Spool(config.spool_directory)
    opener = Opener(zone, spool, options, upcoming)
    uploader = Uploader(zone, catalog, inodes, upcoming, former, inheritance)
    salvage = Salvage(catalog, inodes, spool, _sender(config))
    pending = PendingUploads(
        catalog, inodes, opener, uploader, salvage, _queue(zone, config), enabled=config.write_back
    )
    files = Files(catalog, inodes, opener, uploader, salvage, pending)
    virtual = VirtualAttributes(zone, catalog, avus, corrections, control_socket)
    return Parts(
        catalog,
        inodes,
        files,
        pending,
        Opening(catalog, inodes, files, config.cache_timeout),
        Tree(zone, catalog, corrections, inodes, files, former, trash=config.trash),
        Renaming(zone, catalog, avus, corrections, inodes, files, inheritance, former),
        Repair(zone, catalog, read_only=config.read_only),
        Quotas(zone, collection, options.resource_at(collection)),
        ExtendedAttributes(avus, virtual, corrections),
        PosixAttributes(zone, catalog, corrections, former, options.resource_at) if posix else None,
        corrections,
        Coherence(zone, catalog, inodes, avus, pending, spool),
    )


def _inheritance(zone: Zone, avus: Avus, config: MountConfig) -> Inheritance:
    # Where bits are kept, programs set those of a new file themselves. What takes the place of a link is none.
    personal = {SYMLINK, NAME, MODE} if config.posix_attributes else {SYMLINK, NAME}
    return Inheritance(zone, avus, enabled=config.replace_keeps_metadata, personal=personal)


def _sender(config: MountConfig) -> Sender:
    account = config.account
    return Sender(host=account.host, port=account.port, zone=account.zone, user=account.user)


def _queue(zone: Zone, config: MountConfig) -> WriteBack:
    at_a_time = max(1, config.connections // 2)
    return WriteBack(zone.background, at_a_time=at_a_time, patience=PATIENCE * config.timeout)
