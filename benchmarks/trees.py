"""The local files that are copied into a zone."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sizes import MEGABYTE, Sizes


class Sources:
    """A directory with a tree of small files, an archive of it, and one large file; each made when first wanted."""

    def __init__(self, directory: Path, sizes: Sizes) -> None:
        self._directory = directory
        self._sizes = sizes

    @property
    def tree(self) -> Path:
        root = self._directory / "tree"
        if not root.exists():
            for name in file_names(self._sizes):
                file = root / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(os.urandom(self._sizes.file_bytes))
        return root

    @property
    def archive(self) -> Path:
        file = self._directory / "tree.tar"
        if not file.exists():
            with tarfile.open(file, "w") as archive:
                archive.add(self.tree, "tree")
        return file

    @property
    def large(self) -> Path:
        file = self._directory / "large"
        if not file.exists():
            chunk = os.urandom(MEGABYTE)
            with file.open("wb") as stream:
                for _ in range(self._sizes.large_bytes // MEGABYTE):
                    stream.write(chunk)
        return file


def file_names(sizes: Sizes) -> Iterator[str]:
    """The small files' paths, spread evenly over the collections."""
    for number in range(sizes.files):
        yield f"collection{number * sizes.collections // sizes.files:03}/file{number:05}.bin"


def few_names(sizes: Sizes) -> list[str]:
    """Files that are not in a collection of their own."""
    return [f"few{number:03}" for number in range(sizes.renames)]
