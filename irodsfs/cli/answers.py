"""Asking the control socket; its answers as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irodsfs.cli.printing import Output
from irodsfs.user_errors import ControlFailure, NotOnMountError

if TYPE_CHECKING:
    from irodsfs.cli.client import ControlClient


@contextmanager
def control_of(path: Path) -> Iterator[ControlClient]:
    """A client of the mount that `path` lies on. Raises `ControlFailure`."""
    # HTTP takes a while to import, and help must not wait for it.
    from irodsfs.cli.client import connected

    with ExitStack() as stack:
        try:
            client = stack.enter_context(connected(path))
        except NotOnMountError as error:
            raise ControlFailure(f"{error.message} {_mounted()}") from None
        yield client


def _mounted() -> str:
    # What it needs, too, takes a while to import.
    from irodsfs.cli.records import running_mounts

    mounts = ", ".join(running_mounts())
    return f"Mounted are: {mounts}." if mounts else "None is mounted."


def show_json(value: Any) -> None:
    output = Output()
    output.document(value)
    output.flush()


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table that is as wide as it must be, also where there is no terminal."""
    output = Output()
    output.table(headings, rows)
    output.flush()
