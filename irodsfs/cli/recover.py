from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json
from irodsfs.config.spools import spool_directories
from irodsfs.user_errors import RecoveryError

if TYPE_CHECKING:
    from irodsfs.cli.spool_recovery import Outcome
    from irodsfs.transfer.spool_entry import SpoolEntry

EPILOG = (
    "Without ENTRY and --all it lists what is kept: what a zone would not take, and what mounts have left that were "
    "killed (the next mount of the same name uploads that, too). ENTRY is an id of the list, or a path in the zone."
)

KILLED = "its mount was killed"


@click.command(epilog=EPILOG)
@click.argument("entries", metavar="[ENTRY]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Put back everything.")
@click.option("--overwrite", is_flag=True, help="Overwrite versions that the zone has got meanwhile.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--discard", is_flag=True, help="Remove it from this machine instead of putting it back.")
@click.option("--to", metavar="PATH", type=Path, help="Save it in a local file or directory instead, and keep it.")
@click.option("--zone", metavar="ZONE", help="Whose session to use, as for mount. [default: as the icommands]")
@click.option("--mount", metavar="PATH", type=Path, help="A path on a mount: what it keeps, through its session.")
@click.option(
    "--spool", metavar="DIRECTORY", type=Path, multiple=True, help="Look there. [default: all that are known]"
)
@as_json
def recover(
    entries: tuple[str, ...], every: bool, mount: Path | None, spool: tuple[Path, ...], as_json: bool, **way: Any
) -> None:
    """List what could not be brought into a zone, and put it back."""
    from irodsfs.transfer.recovery import left_in  # takes a while to import, and help must not wait for it

    with ExitStack() as stack:
        spools = _spools(mount, spool)
        kept = [each for directory in spools for each in stack.enter_context(left_in(directory))]
        chosen = kept if every else _chosen(kept, entries)
        if not (entries or every):
            _list(kept, as_json=as_json)
            return
        outcomes = _recovered(chosen, mount, **way)
    if as_json:
        show_json([asdict(each) for each in outcomes])
    else:
        show_table(["ID", "PATH", "OUTCOME"], [[each.id, each.path, each.outcome] for each in outcomes])
    left = sum(not each.done for each in outcomes)
    if left:
        raise RecoveryError(f"{left} of {len(outcomes)} could not be recovered, and stay where they are.")


def _recovered(
    chosen: Sequence[SpoolEntry],
    mount: Path | None,
    *,
    zone: str | None,
    discard: bool,
    to: Path | None,
    overwrite: bool,
    dry_run: bool,
) -> list[Outcome]:
    from irodsfs.cli import spool_recovery

    if discard:
        return spool_recovery.discard(chosen, dry_run=dry_run)
    if to is not None:
        return spool_recovery.save(chosen, to, overwrite=overwrite, dry_run=dry_run)
    if mount is not None:
        return spool_recovery.put_back_through(mount, chosen, overwrite=overwrite, dry_run=dry_run)
    return spool_recovery.put_back_as_user(chosen, zone, overwrite=overwrite, dry_run=dry_run)


def _spools(mount: Path | None, named: Sequence[Path]) -> list[Path]:
    if mount is not None:
        with control_of(mount) as control:
            return [Path(control.request("GET", "/status")["spool"])]
    return list(named) or spool_directories()


def _chosen(kept: Sequence[SpoolEntry], entries: Sequence[str]) -> list[SpoolEntry]:
    for entry in entries:
        if not any(entry in (each.file.name, each.description.path) for each in kept):
            raise RecoveryError(f"{entry} is not kept anywhere: irodsfs recover lists what is.")
    return [each for each in kept if each.file.name in entries or each.description.path in entries]


def _list(kept: Sequence[SpoolEntry], *, as_json: bool) -> None:
    if as_json:
        show_json([_as_document(each) for each in kept])
        return
    rows = []
    for each in kept:
        described = each.description
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(described.time))
        rows.append([each.file.name, described.path, described.size, since, described.reason or KILLED])
    show_table(["ID", "PATH", "BYTES", "SINCE", "WHY"], rows)


def _as_document(kept: SpoolEntry) -> dict[str, object]:
    told = {"path", "size", "ranges", "replace", "modified_ns", "time", "reason", "sender"}
    described = kept.description.model_dump(mode="json", include=told)
    return {"id": kept.file.name, "file": str(kept.file), **described}
