"""Who gets in at the control socket: the mount's owner, by the kernel's word for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import MakeMount
from tests.control.sockets import connected

NOBODY = 65534
VISIT = f"""
import os, socket, sys
os.setgroups([])
os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
with socket.socket(socket.AF_UNIX) as client:
    try:
        client.connect(sys.argv[1])
        client.sendall(b"GET /status HTTP/1.1\\r\\nHost: irods\\r\\nConnection: close\\r\\n\\r\\n")
        print(client.recv(4096).decode())
    except OSError as error:
        print(type(error).__name__)
"""


def visit(path: Path) -> str:
    """What another local user gets who finds a way into the directory: an answer, or the name of a failure."""
    directory = os.open(path.parent, os.O_PATH)
    try:
        done = subprocess.run(
            [sys.executable, "-c", VISIT, f"/proc/self/fd/{directory}/{path.name}"],
            pass_fds=[directory],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        os.close(directory)
    return done.stdout.strip()


def test_other_users_are_refused_by_the_modes_and_when_those_are_opened_by_their_credentials(
    make_mount: MakeMount,
) -> None:
    mount = make_mount()
    path = Path(os.getxattr(mount.path, "irods.control").decode())
    assert visit(path) == "PermissionError"
    path.parent.chmod(0o711)
    assert visit(path) == "PermissionError"
    path.chmod(0o666)
    mount.expect_log(f"local user {NOBODY} to the control socket was refused")
    assert visit(path) in ("", "ConnectionResetError", "BrokenPipeError")
    assert f"local user {NOBODY} to the control socket was refused" in mount.log
    with connected(path) as owners:
        assert owners.get("/status").status_code == 200
