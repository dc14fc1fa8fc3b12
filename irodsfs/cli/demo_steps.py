"""What a demonstration is made of: an embedded zone with a mount, a real tree of files, and steps shown with times."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from irods.session import iRODSSession
from rich.console import Console

from irodsfs.cli.mountpoints import detach, find_mount, resolve
from irodsfs.user_errors import IrodsfsError, UnmountError

STOP_SECONDS = 20
_NOT_STAGED = {"__pycache__", "site-packages", "dist-packages"}


@dataclass
class Installation:
    """An embedded zone, its environment file and a mount point, all in one directory."""

    directory: Path
    host: str = "127.0.0.1"
    port: int = 0
    zone: str = "tempZone"
    user: str = "rods"
    server: subprocess.Popen[str] | None = None

    @property
    def home(self) -> str:
        return f"/{self.zone}/home/{self.user}"

    @property
    def mountpoint(self) -> Path:
        return self.directory / "mount"

    @property
    def environment_file(self) -> Path:
        """Beside the zone's password, which nobody but its owner knows."""
        return self.directory / "zone" / "irods_environment.json"

    @property
    def authentication_file(self) -> Path:
        return self.environment_file.with_name(".irodsA")

    @property
    def environment(self) -> dict[str, str]:
        """Variables for commands: neither the zone nor the options of the user get into the demonstration."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("IRODS")}
        return kept | {"XDG_CONFIG_HOME": str(self.directory), "XDG_CACHE_HOME": str(self.directory)}

    def start_zone(self) -> None:
        """Returns when the server answers; it outlives Ctrl-C, so that the mount can still be flushed."""
        log = self.directory / "server.log"
        with log.open("w") as file:
            self.server = subprocess.Popen(
                [*_PROGRAM, "sandbox", "serve", "--directory", self.directory / "zone"],
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        assert self.server.stdout is not None
        line = self.server.stdout.readline()
        if not line:
            raise IrodsfsError(f"The embedded zone did not start: {log.read_text('utf-8', 'replace').strip()}")
        self.port = int(line.rpartition(":")[2])
        self.mountpoint.mkdir()

    def stop_zone(self) -> None:
        if self.server is None:
            return
        self.server.terminate()
        try:
            self.server.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.communicate()

    def unmount(self) -> None:
        """Unmounts what an interrupted demonstration left mounted; by force when it must be."""
        path = resolve(self.mountpoint)
        if find_mount(path):
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    [*_PROGRAM, "umount", self.mountpoint], capture_output=True, timeout=STOP_SECONDS, check=False
                )
        if find_mount(path):
            detach(path)

    def session(self) -> iRODSSession:
        return iRODSSession(
            irods_env_file=str(self.environment_file), irods_authentication_file=str(self.authentication_file)
        )


@dataclass(frozen=True)
class Tree:
    path: Path
    files: int
    bytes: int


def stage_tree(path: Path, files: int) -> Tree:
    """Copies up to `files` files to `path`, of Python's standard library and then of installed packages."""
    originals = chain.from_iterable(map(_files_below, (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))))
    sizes: list[int] = []
    for directory, original in islice(originals, files):
        copy = path / directory.name / original.relative_to(directory)
        copy.parent.mkdir(parents=True, exist_ok=True)
        sizes.append(Path(shutil.copy2(original, copy)).stat().st_size)
    return Tree(path, len(sizes), sum(sizes))


def _files_below(top: str) -> Iterator[tuple[Path, Path]]:
    for parent, directories, names in os.walk(top):
        directories[:] = sorted(set(directories) - _NOT_STAGED)
        files = (Path(parent, name) for name in sorted(names) if not name.endswith(".so"))
        yield from ((Path(top), file) for file in files if file.is_file())


class Clock:
    def __init__(self) -> None:
        self._start = time.perf_counter()

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start


class DemoSteps:
    """Steps shown on a console: what is done, the commands, what came of it, and how long it took."""

    def __init__(self, console: Console, environment: dict[str, str]) -> None:
        self.console = console
        self.environment = environment
        self._steps = 0

    @contextmanager
    def step(self, title: str) -> Iterator[Clock]:
        self._steps += 1
        self._print(f"\n{self._steps}. {title}", "bold")
        clock = Clock()
        yield clock
        self._print(f"   {clock.elapsed():.2f} s", "dim")

    def result(self, *lines: str) -> None:
        for line in filter(None, lines):
            self._print(f"   {line}", "green")

    def say(self, line: str) -> None:
        self._print(line)

    def _print(self, line: str, style: str = "none") -> None:
        self.console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)

    def run(self, *command: str | Path) -> str:
        """Shows a command and runs it; its output. Raises IrodsfsError when it fails."""
        self._print(f"   $ {shlex.join(map(str, command))}", "cyan")
        program = _PROGRAM if command[0] == "irodsfs" else [str(command[0])]
        done = subprocess.run(
            [*program, *command[1:]],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        if done.returncode != 0:
            raise _failure(command, done)
        return done.stdout


_PROGRAM = [sys.executable, "-m", "irodsfs"]


def _failure(command: tuple[str | Path, ...], done: subprocess.CompletedProcess[str]) -> IrodsfsError:
    said = (done.stderr or done.stdout).strip().removeprefix("irodsfs: ")
    kind = UnmountError if command[:2] == ("irodsfs", "umount") else IrodsfsError
    return kind(f"{shlex.join(map(str, command))} failed: {said}")
