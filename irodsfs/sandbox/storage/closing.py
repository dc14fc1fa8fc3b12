"""Closing replicas: what the catalog says of them afterwards.

Whatever a close records it writes over the row as it was when the replica was opened: a change that others made
meanwhile (a time, a type, a comment, the file's path of a rename) is lost, as in the server.
"""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack

from irodsfs.sandbox.catalog import presented_tickets
from irodsfs.sandbox.catalog.access_checks import Access, access_of
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.entries_in_catalog import touch_collection
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.copies import keep_copies, replication_targets
from irodsfs.sandbox.storage.descriptors import Descriptor
from irodsfs.sandbox.storage.replica_checksums import SHA2, checksum_of
from irodsfs.sandbox.storage.replicas import Status, unlock, update_replica

COPY = 9  # operation type of what a copy writes
PUBLISHED = (
    "data_version",
    "data_type_name",
    "data_size",
    "data_path",
    "data_owner_name",
    "data_owner_zone",
    "data_checksum",
    "data_expiry_ts",
    "data_map_id",
    "data_mode",
    "r_comment",
    "create_ts",
    "modify_ts",
)
"""The columns a close writes, those of the status aside."""


def close_replica(session: Session, number: int) -> int:
    """Closes a descriptor and finalises its replica; the status to answer with."""
    descriptor = release_written(session, number)
    if not descriptor.token:
        return 0
    with session.catalog.transaction():
        return finalise(session, descriptor)


def close_put(session: Session, number: int) -> int:
    """Closes what a put in one request has written; the status to answer with, negative for a stale replica.

    A put counts as a write also when it has no bytes, and changes its collection also when it overwrites.
    """
    descriptor = release_written(session, number)
    with session.catalog.transaction():
        size = vault.size(descriptor.replica["data_path"])
        if descriptor.expects_another(size):
            publish(session, descriptor, Status.STALE, None)
            return code_of("SYS_COPY_LEN_ERR")
        checksum, mismatch = checksum_wanted(descriptor)
        columns = {"data_size": size, "data_checksum": checksum}
        if mismatch:
            publish(session, descriptor, Status.STALE, None, **columns)
            return mismatch
        touch_collection(session.catalog, descriptor.replica["coll_id"])
        return publish_written(session, descriptor, **columns)


def release(session: Session, number: int) -> Descriptor:
    """Frees a descriptor and closes its file."""
    descriptor = session.descriptors.remove(number)
    os.close(descriptor.file)
    if descriptor.token:
        session.zone.replica_access.remove(descriptor.key)
    return descriptor


def release_written(session: Session, number: int) -> Descriptor:
    """Like `release`, and asks whether the servers answer that are to get copies: writers must not wait for them."""
    descriptor = release(session, number)
    if descriptor.token:
        targets = replication_targets(session.catalog, descriptor.replica["resc_hier"])
        refused = [session.other_servers.why_not(target.location) for target in targets]
        descriptor.copies_refused = min(refused, default=0)
    return descriptor


def finalise(session: Session, descriptor: Descriptor) -> int:
    """Records what was written: size, checksum, time and status; when nothing was, all but the size stays."""
    try:
        size = vault.size(descriptor.replica["data_path"])
    except IrodsError as error:
        publish(session, descriptor, Status.STALE, None)
        return error.code
    if descriptor.expects_another(size):
        publish(session, descriptor, Status.STALE, None, data_size=size)
        return size
    checksum, mismatch = checksum_wanted(descriptor)
    if mismatch:
        publish(session, descriptor, Status.STALE, None, data_checksum="")
        return mismatch
    if descriptor.is_changed:
        return publish_written(session, descriptor, data_size=size, data_checksum=checksum)
    kept = checksum or ("" if descriptor.operation == COPY else descriptor.replica["data_checksum"])
    return publish(session, descriptor, None, None, data_size=size, data_checksum=kept)


def publish_written(session: Session, descriptor: Descriptor, **columns: object) -> int:
    """Records new content: the replica is good, its siblings are stale or, below a replication resource, become so."""
    refused = publish(session, descriptor, Status.GOOD, Status.STALE, modify_ts=now(), **columns)
    if not refused and not descriptor.copies_refused:
        keep_copies(session, *descriptor.key)
    return refused or descriptor.copies_refused


def publish(
    session: Session, descriptor: Descriptor, status: int | None, siblings: int | None, **columns: object
) -> int:
    """Writes a row as of the open with these columns changed, and ends the lock (None restores a status).

    Answers 0, or the code of what forbids the change now; it is made all the same, and the replica is stale.
    """
    row = {column: descriptor.replica[column] for column in PUBLISHED} | columns
    refused = refusal(session, descriptor, int(row["data_size"]))
    update_replica(session.catalog, *descriptor.key, **row)
    unlock(session.catalog, *descriptor.key, Status.STALE if refused else status, siblings)
    return refused


def refusal(session: Session, descriptor: Descriptor, size: int) -> int:
    """The code of what forbids the user a change by now, 0 when nothing does; a ticket counts the whole size."""
    data_id, _ = descriptor.key
    if "irodsAdmin" in descriptor.keywords:
        return 0
    if session.ticket:
        return presented_tickets.status_of_write(session, data_id, size)
    allowed = access_of(session, data_id) >= Access.MODIFY_METADATA
    return 0 if allowed else code_of("CAT_NO_ACCESS_PERMISSION")


def checksum_wanted(descriptor: Descriptor) -> tuple[str, int]:
    """The checksum to register when the client asked for one, and a code when it is not the one it expects."""
    if not descriptor.keywords.keys() & {"regChksum", "verifyChksum"}:
        return "", 0
    expected = descriptor.keywords.get("verifyChksum", "")
    like = descriptor.keywords.get("regChksum") or expected or SHA2
    found = checksum_of(descriptor.replica["data_path"], like)
    return found, code_of("USER_CHKSUM_MISMATCH") if expected and found != expected else 0


def abandon(session: Session, number: int) -> None:
    """Closes a descriptor whose client vanished: what had arrived is kept, and the replica is stale."""
    descriptor = release(session, number)
    if descriptor.token:
        with session.catalog.transaction():
            with contextlib.suppress(IrodsError):
                size = vault.size(descriptor.replica["data_path"])
                update_replica(session.catalog, *descriptor.key, data_size=size)
            unlock(session.catalog, *descriptor.key, Status.STALE, None)


def end_session(session: Session) -> None:
    """Finalises what is open, as after a crash of the client, and ends the connection."""
    with ExitStack() as steps:
        steps.callback(session.close)
        for number in session.descriptors.numbers():
            steps.callback(abandon, session, number)
