"""The same workloads with plain python-irodsclient, as its documentation shows them: one connection, one thread."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from irods.collection import iRODSCollection
from irods.data_object import iRODSDataObject
from irods.meta import iRODSMeta
from irods.session import iRODSSession

from benchmarks.mounted import BLOCK, random_offsets, side_by_side
from benchmarks.sizes import MEGABYTE, Sizes
from benchmarks.trees import Sources, few_names


@dataclass(frozen=True)
class Plain:
    """A collection that holds `tree`, `large`, `annotated` and a few objects as far as a workload needs them."""

    session: iRODSSession
    new_session: Callable[[], iRODSSession]
    collection: str
    sources: Sources
    sizes: Sizes


def copy_in(there: Plain) -> None:
    put_tree(there.session, there.sources.tree, f"{there.collection}/copy")


def put_tree(session: iRODSSession, tree: Path, collection: str) -> None:
    session.collections.create(collection)
    for directory in sorted(each for each in tree.iterdir() if each.is_dir()):
        session.collections.create(f"{collection}/{directory.name}")
        for file in sorted(directory.iterdir()):
            put(session, f"{collection}/{directory.name}/{file.name}", file.read_bytes())


def put(session: iRODSSession, path: str, content: bytes) -> None:
    with session.data_objects.open(path, "w") as stream:
        stream.write(content)


def list_all(there: Plain) -> None:
    for data_object in _data_objects(_tree(there)):
        assert data_object.modify_time


def find_all(there: Plain) -> None:
    assert sum(1 for _ in _data_objects(_tree(there)))


def sum_up(there: Plain) -> None:
    assert sum(data_object.size for data_object in _data_objects(_tree(there)))


def _tree(there: Plain) -> iRODSCollection:
    return there.session.collections.get(f"{there.collection}/tree")


def _data_objects(collection: iRODSCollection) -> Iterator[iRODSDataObject]:
    for _, _, data_objects in collection.walk():
        yield from data_objects


def cat_all(there: Plain) -> None:
    for data_object in _data_objects(_tree(there)):
        with data_object.open("r") as stream:
            assert stream.read()


def stat_again(there: Plain) -> None:
    path = _first_file(there)
    for _ in range(there.sizes.stats):
        assert there.session.data_objects.get(path).size


def look_up_missing(there: Plain) -> None:
    for number in range(there.sizes.missing):
        assert not there.session.data_objects.exists(f"{there.collection}/missing{number}")


def write_large(there: Plain) -> None:
    with (
        there.sources.large.open("rb") as source,
        there.session.data_objects.open(f"{there.collection}/written", "w") as target,
    ):
        while chunk := source.read(MEGABYTE):
            target.write(chunk)


def read_large(there: Plain) -> None:
    with there.session.data_objects.open(f"{there.collection}/large", "r") as stream:
        while stream.read(MEGABYTE):
            pass


def read_randomly(there: Plain) -> None:
    with there.session.data_objects.open(f"{there.collection}/large", "r") as stream:
        for offset in random_offsets(there.sizes):
            stream.seek(offset)
            assert len(stream.raw.read(BLOCK)) == BLOCK


def annotate(there: Plain) -> None:
    data_object = there.session.data_objects.get(f"{there.collection}/{few_names(there.sizes)[0]}")
    for number in range(there.sizes.attributes):
        data_object.metadata[f"plain{number}"] = iRODSMeta(f"plain{number}", "a value")
        assert data_object.metadata[f"plain{number}"].value == "a value"


def rename_some(there: Plain) -> None:
    for name in few_names(there.sizes):
        there.session.data_objects.move(f"{there.collection}/{name}", f"{there.collection}/renamed-{name}")


def unpack(there: Plain) -> None:
    with tarfile.open(there.sources.archive) as archive:
        for member in archive:
            path = f"{there.collection}/{member.name}"
            stream = archive.extractfile(member)
            if stream is None:
                there.session.collections.create(path)
            else:
                put(there.session, path, stream.read())


def remove_all(there: Plain) -> None:
    for data_object in list(_data_objects(_tree(there))):
        data_object.unlink(force=True)
    there.session.collections.remove(f"{there.collection}/tree", recurse=True, force=True)


def dump_attributes(there: Plain) -> None:
    for data_object in _data_objects(there.session.collections.get(f"{there.collection}/annotated")):
        assert data_object.metadata.items()


def list_many(there: Plain) -> None:
    collection = there.session.collections.get(f"{there.collection}/many")
    assert sum(1 for each in (*collection.subcollections, *collection.data_objects) if each.modify_time)


def copy_side_by_side(there: Plain) -> None:
    files = sorted(there.sources.tree.glob("*/*"))
    there.session.collections.create(f"{there.collection}/shared")
    shares = [files[number :: there.sizes.writers] for number in range(there.sizes.writers)]

    def put_share(share: list[Path]) -> None:
        with there.new_session() as session:
            for file in share:
                put(session, f"{there.collection}/shared/{file.name}", file.read_bytes())

    side_by_side(put_share, [share for share in shares if share])


def _first_file(there: Plain) -> str:
    return f"{there.collection}/tree/collection000/file00000.bin"
