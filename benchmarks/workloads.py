"""The workloads by name: what they do, what they need, and both ways to do them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import mounted, plain
from benchmarks.mounted import Mounted
from benchmarks.plain import Plain

TREE, LARGE, ANNOTATED, FEW, MANY, STREAMS = "tree", "large", "annotated", "few", "many", "streams"


@dataclass(frozen=True)
class Workload:
    """`needs` is what must be in the zone before; a `destructive` one gets it for itself alone.

    `warm_up` is done before anything is counted. Without `plain`, only the mount has something to show.
    """

    name: str
    what: str
    mounted: Callable[[Mounted], None]
    plain: Callable[[Plain], None] | None
    needs: str | None = None
    destructive: bool = False
    warm_up: Callable[[Mounted], None] | None = None
    moves: bool = False
    """True for a workload of which the interesting number is bytes per second."""
    delays: bool = False
    """True for one of which the interesting number is how late the event loop comes to what is due."""
    options: tuple[str, ...] = ()
    """Options that the mount needs for it."""


WORKLOADS = (
    Workload("copy", "cp -r of small files", mounted.copy_in, plain.copy_in),
    Workload("behind", "cp -r of small files with --write-back", mounted.copy_in, plain.copy_in,
             options=("--write-back",)),
    Workload("synced", "the same, and fsync of all directories", mounted.copy_in_and_sync, plain.copy_in,
             options=("--write-back",)),
    Workload("list", "ls -lR, cold", mounted.list_all, plain.list_all, TREE),
    Workload("find", "find -type f, cold", mounted.find_all, plain.find_all, TREE),
    Workload("du", "du -s, cold", mounted.sum_up, plain.sum_up, TREE),
    Workload("cat", "cat of all small files, cold", mounted.cat_all, plain.cat_all, TREE),
    Workload("stat", "stat of one file, warm", mounted.stat_again, plain.stat_again, TREE, warm_up=mounted.list_all),
    Workload("getattr", "stat that reaches the mount, warm", mounted.stat_in_daemon, None, TREE,
             warm_up=mounted.list_all),
    Workload("missing", "lookups of missing names", mounted.look_up_missing, plain.look_up_missing, TREE),
    Workload("write", "write the large file", mounted.write_large, plain.write_large, moves=True),
    Workload("read", "read the large file", mounted.read_large, plain.read_large, LARGE, moves=True),
    Workload("random", "random 4 KiB reads", mounted.read_randomly, plain.read_randomly, LARGE),
    Workload("attributes", "setxattr + getxattr", mounted.annotate, plain.annotate, FEW, destructive=True),
    Workload("rename", "renames", mounted.rename_some, plain.rename_some, FEW, destructive=True),
    Workload("tar", "tar -x of small files", mounted.unpack, plain.unpack),
    Workload("remove", "rm -r of small files", mounted.remove_all, plain.remove_all, TREE, destructive=True),
    Workload("dump", "getfattr -R -d of many objects", mounted.dump_attributes, plain.dump_attributes, ANNOTATED),
    Workload("parallel-cp", "cp of small files, 16 at a time, beside 16 sessions of python-irodsclient",
             mounted.copy_side_by_side, plain.copy_side_by_side),
    Workload("many", "ls -l of one directory of very many entries, cold", mounted.list_many, plain.list_many, MANY),
    Workload("loop", "8 streams beside ls -l of 100,000 entries: how late the event loop is", mounted.stream_and_list,
             None, STREAMS, delays=True),
)  # fmt: skip
