from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.actions.action import Record, checked, perform
from irodsfs.actions.registry import ACTIONS
from irodsfs.actions.workspace import NoMount, Workspace
from irodsfs.config import Setting
from irodsfs.config.load import load_login
from irodsfs.control.negotiation import NDJSON
from irodsfs.grid.irods_sessions import entered
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.zones import AnyZone

Done = subprocess.CompletedProcess[bytes]


@dataclass(frozen=True)
class CommandLine:
    """Runs `irodsfs` as a user who has a mount of `root`, a collection below the home; `zone` is an environment file.

    The user has no iRODS environment, so logical paths are for the mount too unless a zone is named.
    """

    mount: Mount
    root: str
    zone: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str | bytes | Path, stdin: bytes = b"", **environment: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "irodsfs", *arguments],
            env=self.environment | environment,
            cwd=self.mount.path.parent,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def both(self, command: str, *arguments: str) -> Done:
        """The outcome of a command on logical paths, which is the same through the mount and in a session."""
        through = self(command, "--mount", "m", *arguments)
        own = self(command, "--zone", self.zone, *arguments)
        assert (through.returncode, through.stdout, through.stderr) == (own.returncode, own.stdout, own.stderr)
        return through

    def records(self, *asked: tuple[str, dict[str, Any]]) -> list[list[Record]]:
        """The records of actions, which are the same through the mount and in a session."""
        own = in_session(self.zone, asked)
        with connected(os.getxattr(self.mount.path, "irods.control").decode()) as control:
            for (action, parameters), records in zip(asked, own, strict=True):
                answer = control.post(f"/actions/{action}", json=parameters, headers={"Accept": NDJSON})
                assert [json.loads(line) for line in answer.text.splitlines()] == records
        return own


def in_session(zone: Path, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[list[Record]]:
    """The records of actions in a session of their own, as the environment file says."""

    async def main() -> list[list[Record]]:
        account = load_login(Setting(str(zone), "the test"), None)
        async with trio.open_nursery() as background:
            async with entered(account, background, connections=2, request_timeout=60) as session:
                workspace = Workspace(session, account.home, account.default_resource, NoMount())
                found = [
                    [record async for record in perform(ACTIONS[name], workspace, checked(ACTIONS[name], given))]
                    for name, given in asked
                ]
            background.cancel_scope.cancel()
        return found

    return trio.run(main)


@pytest.fixture(scope="module")
def root(zone_server: AnyZone) -> str:
    """A new collection for all tests of a module."""
    path = f"{zone_server.home}/{uuid.uuid4().hex}"
    with zone_server.session() as session:
        session.collections.create(path)
    return path


@pytest.fixture(scope="module")
def client(zone_server: AnyZone) -> Iterator[iRODSSession]:
    """A plain python-irodsclient session for all tests of a module."""
    with zone_server.session() as session:
        yield session


@pytest.fixture(scope="module")
def command(zone_server: AnyZone, root: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    directory = tmp_path_factory.mktemp("user")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IRODS", "XDG_", "NOTIFY_"))}
    environment = kept | {"HOME": str(directory), "PYTHONPATH": str(Path(__file__).parents[2])}
    for kind in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        (directory / kind).mkdir(0o700)
        environment[f"XDG_{kind}"] = str(directory / kind)
    mount = Mount(directory / "m", root)
    mount.start(zone_server.environment_file(), env=environment)
    try:
        yield CommandLine(mount, root, zone_server.environment_file(), environment)
    finally:
        mount.stop()
    mount.check_log()
