"""`irodsfs serve` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(environment_file: Path, home: Path, *options: str) -> Iterator[str]:
    """Serves the zone of an environment file with the options given, logging to `serve.log` in `home`; the URL."""
    command = [sys.executable, "-m", "irodsfs", "serve", environment_file, "--listen", "0", *options]
    with (
        (home / "serve.log").open("ab") as log,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert " answers on http" in line
            yield line.rpartition(" ")[2].strip()
        finally:
            process.terminate()
