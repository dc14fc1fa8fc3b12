from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from irods.column import Like
from irods.models import DataObject
from irods.session import iRODSSession
from rich.console import Console

from irodsfs.cli.demo_steps import DemoSteps, Installation, stage_tree
from irodsfs.cli.mountpoints import require_fuse
from irodsfs.user_errors import IrodsfsError, UnmountError

ATTRIBUTE, VALUE = "reviewed-by", "Ada Lovelace"
SHOWN_LINES = 3


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Unmount at the end instead of waiting on a terminal.")
@click.option(
    "--files", metavar="NUMBER", type=click.IntRange(min=1), default=2500, help="Copy this many files at the most."
)
def demo(leave: bool, files: int) -> None:
    """Show what irodsfs does, on an embedded zone in a temporary directory of its own."""
    require_fuse(allow_other=False)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with ExitStack() as cleanup:
        directory = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="irodsfs-demo-")))
        installation = Installation(directory)
        show = DemoSteps(Console(), installation.environment)
        with show.step("Start an embedded zone: an iRODS server of its own, reached over TCP"):
            cleanup.callback(installation.stop_zone)
            installation.start_zone()
            show.result(f"zone {installation.zone} answers on {installation.host}:{installation.port}")
        cleanup.callback(installation.unmount)
        _tour(show, installation, files)
        if sys.stdin.isatty() and not leave:
            _let_try(show, installation)
        else:
            _unmount(show, installation)
    show.say("\nThe zone and its directory are removed. To mount a zone of yours: irodsfs mount --help")


def _tour(show: DemoSteps, installation: Installation, files: int) -> None:
    mountpoint = installation.mountpoint
    with show.step("Mount it"):
        show.run("irodsfs", "mount", installation.environment_file, mountpoint)
    with show.step("Collect a real directory tree from this machine: Python's own"):
        tree = stage_tree(installation.directory / "python", files)
        show.result(f"{tree.files:,} files, {tree.bytes / 1e6:,.1f} MB")
    with show.step("Copy it into the zone") as clock:
        show.run("cp", "-r", tree.path, mountpoint)
        show.result(f"{tree.files / clock.elapsed():,.0f} files a second")
    copy = mountpoint / tree.path.name
    with show.step("Compare every byte"):
        show.run("diff", "-r", tree.path, copy)
        show.result("no difference")
    with show.step("List all of it"):
        listed = [line for line in show.run("ls", "-lAR", copy).splitlines() if line.startswith("-")]
        _require(len(listed) == tree.files, f"ls shows {len(listed)} files instead of {tree.files}")
        show.result(*listed[:SHOWN_LINES], f"... {len(listed):,} files listed")
    _show_metadata(show, installation, copy / min(tree.path.rglob("*.py")).relative_to(tree.path), tree.files)


def _show_metadata(show: DemoSteps, installation: Installation, file: Path, files: int) -> None:
    with show.step("Give one file an iRODS attribute (AVU), as an extended attribute"):
        show.run("setfattr", "-n", f"user.{ATTRIBUTE}", "-v", VALUE, file)
        show.result(*show.run("getfattr", "-d", "--absolute-names", file).splitlines())
    logical = f"{installation.home}/{file.relative_to(installation.mountpoint)}"
    with show.step("Look at the same through plain python-irodsclient, over TCP"), installation.session() as session:
        _show_as_seen_by_others(show, session, logical, file, files)


def _show_as_seen_by_others(show: DemoSteps, session: iRODSSession, logical: str, file: Path, files: int) -> None:
    below = session.query(DataObject.id).filter(Like("COLL_NAME", f"/{session.zone}/home/%"))
    seen = sum(1 for _ in below)
    _require(seen == files, f"python-irodsclient sees {seen} data objects instead of {files}")
    data_object = session.data_objects.get(logical)
    with data_object.open("r") as opened:
        _require(opened.read() == file.read_bytes(), f"{logical} does not hold the same bytes")
    values = [avu.value for avu in data_object.metadata.get_all(ATTRIBUTE)]
    _require(values == [VALUE], f"python-irodsclient sees the values {values}")
    show.result(
        f"{seen:,} data objects below {session.zone}",
        f"{logical}: {data_object.size:,} bytes, the same as in the mount",
        f"its AVU: {ATTRIBUTE} = {values[0]}",
    )


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise IrodsfsError(f"The demo went wrong: {otherwise}.")


def _unmount(show: DemoSteps, installation: Installation) -> None:
    with show.step("Unmount"):
        show.run("irodsfs", "umount", installation.mountpoint)


def _let_try(show: DemoSteps, installation: Installation) -> None:
    show.say(f"\nThe mount stays up for you to try, in another terminal: cd {installation.mountpoint}")
    show.say("The zone answers the icommands too:")
    show.say(f"export IRODS_ENVIRONMENT_FILE={installation.environment_file}")
    show.say(f"export IRODS_AUTHENTICATION_FILE={installation.authentication_file}")
    while True:
        _wait_for_enter(show)
        try:
            return _unmount(show, installation)
        except UnmountError as error:
            show.say(f"   {error.message}")


def _wait_for_enter(show: DemoSteps) -> None:
    try:
        show.console.input("\nPress Enter (or Ctrl-C) to unmount and leave. ")
    except (KeyboardInterrupt, EOFError):
        show.say("")
