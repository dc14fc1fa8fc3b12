"""More descriptors of the mount than select() knows, and than its soft limit allows when it starts."""

from __future__ import annotations

import os
import resource
from contextlib import ExitStack
from pathlib import Path

from tests.conftest import MakeMount
from tests.limits import soft_limit

MEGABYTE = 1 << 20
LARGE = 5 * MEGABYTE
FILES = 1_100
READERS = 12
SELECT_KNOWS = 1_024


def open_spooled(path: Path, files: ExitStack) -> int:
    """A new file that is too large for memory, so the mount has a file in its spool open for it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    files.callback(os.close, descriptor)
    os.ftruncate(descriptor, LARGE)
    return descriptor


def test_more_files_than_the_soft_limit_of_descriptors(make_mount: MakeMount) -> None:
    with soft_limit(SELECT_KNOWS):
        mount = make_mount()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    (mount.path / "large").write_bytes(b"large" * MEGABYTE)
    with soft_limit(hard), ExitStack() as files:
        descriptors = [open_spooled(mount.path / str(number), files) for number in range(FILES)]
        # Their connections to the zone have numbers beyond what select() knows.
        readers = [files.enter_context((mount.path / "large").open("rb")) for _ in range(READERS)]
        for number, reader in enumerate(readers):
            reader.seek(number * 100_000)
            assert reader.read(5) == b"large"
        for number, descriptor in enumerate(descriptors):
            os.pwrite(descriptor, b"end", LARGE - 3)
            if number != FILES - 1:
                (mount.path / str(number)).unlink()  # nothing of it is to be brought into the zone
        assert all(os.pread(descriptor, 3, LARGE - 3) == b"end" for descriptor in descriptors)
        (mount.path / "made meanwhile").write_bytes(b"small")
    assert sorted(os.listdir(mount.path)) == [str(FILES - 1), "large", "made meanwhile"]
    assert (mount.path / str(FILES - 1)).read_bytes() == bytes(LARGE - 3) + b"end"
