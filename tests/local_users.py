"""Other users of this machine, who own nothing.

They get a view of the file system of their own (a mount namespace) in which they have accounts, may run this Python,
wherever it is installed, and use FUSE as on a machine that is set up for it. Nothing outside changes. Needs root.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER, STRANGER = 61_001, 61_002
"""Each a user, and a group."""

REPOSITORY = Path(__file__).parent.parent
SECONDS = 60

VIEW = """
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
mknod -m 666 /mnt/fuse c 10 229
mount --bind /mnt/fuse /dev/fuse
[ ! -e /etc/fuse.conf ] || { echo user_allow_other > /mnt/fuse.conf; mount --bind /mnt/fuse.conf /etc/fuse.conf; }
{ cat /etc/passwd; for user in $1; do echo "user$user:x:$user:$user::/:/bin/sh"; done; } > /mnt/passwd
mount --bind /mnt/passwd /etc/passwd
shift
while [ $# -gt 0 ]; do
    mkdir /mnt/held
    mount --bind "$2" /mnt/held
    mount -t tmpfs -o mode=755 tmpfs "$1"
    mkdir -p "$2"
    mount --move /mnt/held "$2"
    rmdir /mnt/held
    shift 2
done
echo ready
exec cat
"""
"""Its arguments are the users, and pairs: a directory that is closed to others, one below it that stays reachable."""


class LocalUsers:
    """Runs programs as such users."""

    def __init__(self, holder: int) -> None:
        self._holder = holder

    def command(self, user: int, *arguments: str | Path) -> list[str]:
        """A command that runs another one as that user, with no more rights than a new login has."""
        enter = ["nsenter", f"--mount=/proc/{self._holder}/ns/mnt", "--wd=/"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all", "--"]
        return [*enter, *become, *map(str, arguments)]

    def run(
        self, user: int, *arguments: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(user, *arguments),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def python(self, user: int, program: str, *arguments: str | Path) -> str:
        """What a Python program prints that runs as that user."""
        done = self.run(user, sys.executable, "-c", program, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def local_users() -> Iterator[LocalUsers]:
    """They see what is mounted by now, and what they mount themselves."""
    closed = [str(path) for needed in _needed() for path in (_closed_above(needed), needed) if _closed_above(needed)]
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", VIEW, "sh", f"{OWNER} {STRANGER}", *closed],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield LocalUsers(holder.pid)


def _needed() -> list[Path]:
    """The directories without which this Python and its packages can't be used, none of them below another."""
    found = sorted({Path(name).resolve() for name in (sys.base_prefix, sys.prefix, str(REPOSITORY))})
    return [each for each in found if not any(other in each.parents for other in found)]


def _closed_above(directory: Path) -> Path | None:
    above = [directory, *directory.parents]
    return next((each for each in reversed(above) if each.stat().st_mode & 0o005 != 0o005), None)
