"""The helper that mount(8) starts for lines of type irodsfs in /etc/fstab."""

from __future__ import annotations

import os
import re
from typing import Annotated

import typer

from irodsfs.cli.mount import start
from irodsfs.cli.options import parse_options, split_options
from irodsfs.cli.running import run
from irodsfs.config import Setting

# Words for mount(8) and systemd, and those of local disks; a FUSE mount has neither devices nor set-user-ID programs.
_NOT_OURS = re.compile(
    r"_netdev|(no)?fail|(no)?auto|defaults|(no)?users?(=.*)?|owner|group|comment=.*|x-.*"
    r"|(no)?(dev|suid|exec)|a?sync|(no|rel|strict|lazy)?(dir)?a?time"
)
# mount(8) at boot has no environment, and fusermount3 is looked for on the path.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

app = typer.Typer(name="mount.irodsfs", pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)


@app.command()
def mount_line(
    zone: Annotated[str, typer.Argument(metavar="ZONE", show_default=False)],
    mountpoint: Annotated[str, typer.Argument(metavar="MOUNTPOINT", show_default=False)],
    options: Annotated[list[str] | None, typer.Option("-o", metavar="OPTIONS", help="Separated by commas.")] = None,
    read_only: Annotated[bool, typer.Option("-r", help="Refuse every change.")] = False,
    _sloppy: Annotated[bool, typer.Option("-s", help="As mount(8) gives it; without effect.")] = False,
    _no_table: Annotated[bool, typer.Option("-n", help="As mount(8) gives it; without effect.")] = False,
    _verbose: Annotated[bool, typer.Option("-v", help="As mount(8) gives it; without effect.")] = False,
    _writable: Annotated[bool, typer.Option("-w", help="As mount(8) gives it; without effect.")] = False,
    _type: Annotated[str, typer.Option("-t", help="As mount(8) gives it; without effect.")] = "irodsfs",
) -> None:
    """Mount a line of /etc/fstab; started by mount(8)."""
    os.environ.setdefault("PATH", _PATH)
    settings = parse_options(option for option in split_options(options or []) if not _NOT_OURS.fullmatch(option))
    if read_only:
        settings["read_only"] = Setting(True, "-r")
    places = {"zone": Setting(zone, "ZONE"), "mountpoint": Setting(mountpoint, "MOUNTPOINT")}
    start(settings | places, foreground=False)


def main() -> None:
    """The program `mount.irodsfs`."""
    run(app)
