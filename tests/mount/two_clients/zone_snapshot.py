"""What a zone holds below a collection, as a plain client sees it."""

from __future__ import annotations

from collections import defaultdict

from irods.column import Criterion
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta
from irods.session import iRODSSession

from tests.mount.two_clients.zone_model import DIRECTORY, FILE, LINK, Node, Zone
from tests.objects import get

LINK_ATTRIBUTE = "irodsfs::symlink"
OWN_ATTRIBUTES = "irodsfs::"


def snapshot(session: iRODSSession, root: str) -> Zone:
    """Everything below `root`, by paths relative to it: contents are read, AVUs and times asked for."""
    found: Zone = {}
    for condition in (Collection.name == root, Criterion("like", Collection.name, f"{root}/%")):
        avus = _avus(session, condition)
        for row in session.query(Collection.id, Collection.name).filter(condition):
            if row[Collection.name] != root:
                path = row[Collection.name][len(root) + 1 :]
                found[path] = Node(DIRECTORY, avus=_shown(avus[row[Collection.id]]))
        columns = (Collection.name, DataObject.name, DataObject.id, DataObject.modify_time, DataObject.replica_status)
        for row in session.query(*columns).filter(condition):
            path = f"{row[Collection.name]}/{row[DataObject.name]}"
            assert row[DataObject.replica_status] == "1", f"{path} is not at rest"
            found[path[len(root) + 1 :]] = _object(session, path, row, avus[row[DataObject.id]])
    return found


def _object(session: iRODSSession, path: str, row: dict[object, object], avus: set[tuple[str, str]]) -> Node:
    targets = [value for name, value in avus if name == LINK_ATTRIBUTE]
    if targets:
        return Node(LINK, targets[0].encode(), _shown(avus), id=row[DataObject.id])  # type: ignore[arg-type]
    time = int(row[DataObject.modify_time].timestamp())  # type: ignore[attr-defined]
    return Node(FILE, get(session, path), _shown(avus), time, row[DataObject.id])  # type: ignore[arg-type]


def _shown(avus: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset(avu for avu in avus if not avu[0].startswith(OWN_ATTRIBUTES))


def _avus(session: iRODSSession, condition: Criterion) -> dict[object, set[tuple[str, str]]]:
    found: dict[object, set[tuple[str, str]]] = defaultdict(set)
    for id_, meta in ((Collection.id, CollectionMeta), (DataObject.id, DataObjectMeta)):
        for row in session.query(id_, Collection.name, meta.name, meta.value).filter(condition):
            found[row[id_]].add((row[meta.name], row[meta.value]))
    return found
