"""Where workloads run: an embedded zone, a zone of the user's, or a directory that is mounted already."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from irods.meta import iRODSMeta
from irods.session import iRODSSession

from benchmarks import mounted, plain
from benchmarks.measuring import Cost, measure
from benchmarks.mounted import Mounted, run
from benchmarks.plain import Plain
from benchmarks.sizes import Sizes
from benchmarks.trees import Sources, few_names
from benchmarks.workloads import ANNOTATED, FEW, LARGE, MANY, STREAMS, TREE, Workload
from irodsfs.config import Setting, ZoneAccount, load
from tests.mounts import Mount
from tests.populating import CATALOG, fill
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

USER, PASSWORD = "alice", "apass"
SERVED_FROM = Path("/dev/shm")  # noqa: S108 - each run has a directory of its own below it
"""Where embedded zones live: in memory, so that no disk is measured."""


@contextmanager
def embedded_zone(directory: Path, *, as_administrator: bool = False) -> Iterator[Path]:
    """The environment file of an ordinary user of a new zone, or of its administrator."""
    with EmbeddedZone.served(directory) as zone:
        if as_administrator:
            yield zone.environment_file()
            return
        with zone.session() as administrator:
            administrator.users.create(USER, "rodsuser")
            administrator.users.modify(USER, "password", PASSWORD)
        yield zone.environment_file(USER, PASSWORD)


@dataclass
class ZonePlace:
    """A zone; each workload gets a fresh mount of a collection that holds what it needs.

    What is measured goes through `port` of this machine, where something stands before the zone: a `proxy` that counts,
    or a stand-in.
    """

    environment_file: Path
    directory: Path
    sources: Sources
    sizes: Sizes
    proxy: Proxy | None
    options: tuple[str, ...] = ()
    port: int | None = None
    _shared: set[str] = field(default_factory=set)

    @staticmethod
    def address(environment_file: Path) -> tuple[str, int]:
        """Host and port of the zone itself."""
        account = account_of(environment_file)
        return account.host, account.port

    def __post_init__(self) -> None:
        self.port = self.proxy.port if self.proxy is not None else self.port
        self.account = account_of(self.environment_file)
        self.collection = f"{self.account.home}/benchmark-{uuid.uuid4().hex[:8]}"
        with self._session(self.account) as session:
            session.collections.create(self.collection)

    def close(self) -> None:
        with self._session(self.account) as session:
            session.collections.remove(self.collection, recurse=True, force=True)

    def on_mount(self, workload: Workload) -> Cost:
        with self._mount(self._collection_for(workload), workload.options) as mount:
            there = Mounted(mount.path, self.sources, self.sizes)
            if workload.warm_up is not None:
                workload.warm_up(there)
            assert mount.process is not None
            cost = measure(lambda: workload.mounted(there), self.proxy, mount.process.pid)
            return replace(cost, loop_delay=mount.status()["loopDelayP99"] / 1000) if workload.delays else cost

    def plainly(self, workload: Workload) -> Cost | None:
        if workload.plain is None:
            return None
        work = workload.plain
        collection = self._collection_for(workload)
        account = self._measured_account()
        with self._session(account) as session:
            there = Plain(session, lambda: self._session(account), collection, self.sources, self.sizes)
            return measure(lambda: work(there), self.proxy)

    def _collection_for(self, workload: Workload) -> str:
        shared = workload.needs is not None and not workload.destructive
        collection = f"{self.collection}/{'shared' if shared else uuid.uuid4().hex[:8]}"
        with self._session(self.account) as session:
            session.collections.create(collection)
            if workload.needs is not None and not (shared and workload.needs in self._shared):
                self._provide(session, workload.needs, collection)
                self._shared |= {workload.needs} if shared else set()
        return collection

    def _provide(self, session: iRODSSession, what: str, collection: str) -> None:
        if what == TREE:
            plain.put_tree(session, self.sources.tree, f"{collection}/tree")
        elif what == LARGE:
            session.data_objects.put(self.sources.large, f"{collection}/large")
        elif what == FEW:
            for name in few_names(self.sizes):
                plain.put(session, f"{collection}/{name}", b"content")
        elif what == ANNOTATED:
            session.collections.create(f"{collection}/annotated")
            for number in range(self.sizes.annotated):
                path = f"{collection}/annotated/object{number:05}"
                plain.put(session, path, b"content")
                session.data_objects.get(path).metadata.add(iRODSMeta("number", str(number)))
        elif what == MANY:
            self._provide_many(session, f"{collection}/many", self.sizes.many)
        elif what == STREAMS:
            for number in range(mounted.STREAMS // 2):
                session.data_objects.put(self.sources.large, f"{collection}/large{number}")
            self._provide_many(session, f"{collection}/many", Sizes.many)

    def _provide_many(self, session: iRODSSession, collection: str, count: int) -> None:
        if (self.directory / CATALOG).exists():
            fill(EmbeddedZone(self.directory), session, collection, count)
            return
        # Collections are made faster than data objects.
        session.collections.create(collection)
        for number in range(count):
            session.collections.create(f"{collection}/collection{number:06}")

    @contextmanager
    def _mount(self, collection: str, options: Sequence[str]) -> Iterator[Mount]:
        mount = Mount(self.directory / f"mount-{uuid.uuid4().hex[:8]}", collection)
        mount.start(self._measured_environment(), *self.options, *options, env=dict(os.environ))
        try:
            yield mount
        finally:
            mount.stop()

    def _session(self, account: ZoneAccount) -> iRODSSession:
        return iRODSSession(**account.session_arguments())

    def _measured_account(self) -> ZoneAccount:
        if self.port is None:
            return self.account
        return self.account.model_copy(update={"host": "127.0.0.1", "port": self.port})

    def _measured_environment(self) -> Path:
        if self.port is None:
            return self.environment_file
        settings = json.loads(self.environment_file.read_text())
        changed = self.directory / f"through-{self.port}" / self.environment_file.name
        changed.parent.mkdir(mode=0o700, exist_ok=True)
        changed.write_text(json.dumps(settings | {"irods_host": "127.0.0.1", "irods_port": self.port}))
        if self.account.authentication_file is not None:
            shutil.copy2(self.account.authentication_file, changed.parent / ".irodsA")
        return changed


def account_of(environment_file: Path) -> ZoneAccount:
    mountpoint = environment_file.parent
    return load(
        {
            "zone": Setting(str(environment_file), "--zone"),
            "mountpoint": Setting(str(mountpoint), "the benchmark"),
        }
    ).account


@dataclass
class MountedPlace:
    """A directory in a file system that is mounted already; nothing is counted, and caches are as they are."""

    path: Path
    sources: Sources
    sizes: Sizes

    def __post_init__(self) -> None:
        self.base = self.path / f"benchmark-{uuid.uuid4().hex[:8]}"
        self.base.mkdir()

    def close(self) -> None:
        shutil.rmtree(self.base)

    def on_mount(self, workload: Workload) -> Cost:
        directory = self.base / uuid.uuid4().hex[:8]
        directory.mkdir()
        self._provide(workload.needs, directory)
        there = Mounted(directory, self.sources, self.sizes)
        if workload.warm_up is not None:
            workload.warm_up(there)
        return measure(lambda: workload.mounted(there), None)

    def plainly(self, workload: Workload) -> Cost | None:
        return None

    def _provide(self, what: str | None, directory: Path) -> None:
        if what == TREE:
            run("cp", "-r", self.sources.tree, directory / "tree")
        elif what == LARGE:
            run("cp", self.sources.large, directory / "large")
        elif what == FEW:
            for name in few_names(self.sizes):
                (directory / name).write_bytes(b"content")
        elif what == ANNOTATED:
            (directory / "annotated").mkdir()
            for number in range(self.sizes.annotated):
                file = directory / "annotated" / f"object{number:05}"
                file.write_bytes(b"content")
                os.setxattr(file, "user.number", str(number).encode())
        elif what == MANY:
            _make_many(directory, self.sizes.many)
        elif what == STREAMS:
            for number in range(mounted.STREAMS // 2):
                run("cp", self.sources.large, directory / f"large{number}")
            _make_many(directory, Sizes.many)


def _make_many(directory: Path, count: int) -> None:
    (directory / "many").mkdir()
    for number in range(count):
        (directory / "many" / f"directory{number:06}").mkdir()


Place = ZonePlace | MountedPlace
