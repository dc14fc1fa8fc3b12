"""The helper that mount(8) starts for lines of type irodsfs in /etc/fstab."""

from __future__ import annotations

import os
import re

import click

from irodsfs.cli.mount import start
from irodsfs.cli.mount_options import parse_options, split_options
from irodsfs.cli.running import run
from irodsfs.config import Setting

# Words for mount(8) and systemd, and those of local disks; a FUSE mount has neither devices nor set-user-ID programs.
_NOT_OURS = re.compile(
    r"_netdev|(no)?fail|(no)?auto|defaults|(no)?users?(=.*)?|owner|group|comment=.*|x-.*"
    r"|(no)?(dev|suid|exec)|a?sync|(no|rel|strict|lazy)?(dir)?a?time"
)
# mount(8) at boot has no environment, and fusermount3 is looked for on the path.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@click.command()
@click.argument("zone")
@click.argument("mountpoint")
@click.option("-o", "options", metavar="OPTIONS", multiple=True, help="Separated by commas.")
@click.option("-r", "read_only", is_flag=True, help="Refuse every change.")
@click.option("-s", "-n", "-v", "-w", "_flags", is_flag=True, help="As mount(8) gives them; without effect.")
@click.option("-t", "_type", metavar="TYPE", help="As mount(8) gives it; without effect.")
def mount_line(
    zone: str, mountpoint: str, options: tuple[str, ...], read_only: bool, _flags: bool, _type: str | None
) -> None:
    """Mount a line of /etc/fstab; started by mount(8)."""
    os.environ.setdefault("PATH", _PATH)
    settings = parse_options(option for option in split_options(options) if not _NOT_OURS.fullmatch(option))
    if read_only:
        settings["read_only"] = Setting(True, "-r")
    places = {"zone": Setting(zone, "ZONE"), "mountpoint": Setting(mountpoint, "MOUNTPOINT")}
    start(settings | places, foreground=False)


def main() -> None:
    """The program `mount.irodsfs`."""
    run(mount_line)
