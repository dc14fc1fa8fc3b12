"""The workloads as people do them: with the usual tools in a directory, which may be a mount."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.sizes import Sizes
from benchmarks.trees import Sources, few_names

BLOCK = 4096
STREAMS = 8


@dataclass(frozen=True)
class Mounted:
    """A directory that holds `tree`, `large`, `annotated` and a few files as far as a workload needs them."""

    path: Path
    sources: Sources
    sizes: Sizes


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def copy_in(there: Mounted) -> None:
    run("cp", "-r", there.sources.tree, there.path / "copy")


def copy_in_and_sync(there: Mounted) -> None:
    copy_in(there)
    for directory, _, _ in os.walk(there.path / "copy"):
        descriptor = os.open(directory, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def list_all(there: Mounted) -> None:
    run("ls", "-lR", there.path / "tree")


def find_all(there: Mounted) -> None:
    run("find", there.path / "tree", "-type", "f")


def sum_up(there: Mounted) -> None:
    run("du", "-s", there.path / "tree")


def cat_all(there: Mounted) -> None:
    run("find", there.path / "tree", "-type", "f", "-exec", "cat", "{}", "+")


def stat_again(there: Mounted) -> None:
    _stat(there, "default")


def stat_in_daemon(there: Mounted) -> None:
    _stat(there, "never")


def _stat(there: Mounted, cached: str) -> None:
    run("stat", f"--cached={cached}", "--format=%s", *[first_file(there)] * there.sizes.stats)


def look_up_missing(there: Mounted) -> None:
    assert not any((there.path / f"missing{number}").exists() for number in range(there.sizes.missing))


def write_large(there: Mounted) -> None:
    run("dd", f"if={there.sources.large}", f"of={there.path / 'written'}", "bs=1M", "status=none")


def read_large(there: Mounted) -> None:
    run("dd", f"if={there.path / 'large'}", "of=/dev/null", "bs=1M", "status=none")


def read_randomly(there: Mounted) -> None:
    with (there.path / "large").open("rb", buffering=0) as file:
        for offset in random_offsets(there.sizes):
            assert len(os.pread(file.fileno(), BLOCK, offset)) == BLOCK


def random_offsets(sizes: Sizes) -> list[int]:
    """The same in every run, on whole blocks, far from one another."""
    blocks = random.Random(0)
    return [blocks.randrange(sizes.large_bytes // BLOCK) * BLOCK for _ in range(sizes.random_reads)]


def annotate(there: Mounted) -> None:
    file = there.path / few_names(there.sizes)[0]
    for number in range(there.sizes.attributes):
        os.setxattr(file, f"user.benchmark{number}", b"a value")
        assert os.getxattr(file, f"user.benchmark{number}") == b"a value"


def rename_some(there: Mounted) -> None:
    for name in few_names(there.sizes):
        (there.path / name).rename(there.path / f"renamed-{name}")


def unpack(there: Mounted) -> None:
    run("tar", "-x", "-f", there.sources.archive, "-C", there.path)


def remove_all(there: Mounted) -> None:
    run("rm", "-r", there.path / "tree")


def dump_attributes(there: Mounted) -> None:
    run("getfattr", "-R", "-d", there.path / "annotated")


def list_many(there: Mounted) -> None:
    run("ls", "-l", there.path / "many")


def stream_and_list(there: Mounted) -> None:
    """Half of the streams read large files, the others write new ones, while a very large directory is listed."""
    reading = [partial(run, "cat", there.path / f"large{number}") for number in range(STREAMS // 2)]
    writing = [partial(run, "cp", there.sources.large, there.path / f"new{number}") for number in range(STREAMS // 2)]
    with ThreadPoolExecutor(STREAMS + 1) as threads:
        for each in [threads.submit(work) for work in (*reading, *writing, partial(list_many, there))]:
            each.result()


def copy_side_by_side(there: Mounted) -> None:
    """As many `cp` at a time as there are writers, each with its share of the small files."""
    files = sorted(there.sources.tree.glob("*/*"))
    (there.path / "shared").mkdir()
    shares = [files[number :: there.sizes.writers] for number in range(there.sizes.writers)]
    side_by_side(lambda share: run("cp", *share, there.path / "shared"), [share for share in shares if share])


def side_by_side(work: Callable[[list[Path]], None], shares: list[list[Path]]) -> None:
    with ThreadPoolExecutor(len(shares)) as threads:
        for each in [threads.submit(work, share) for share in shares]:
            each.result()


def first_file(there: Mounted) -> Path:
    return there.path / "tree" / "collection000" / "file00000.bin"
