"""What the zone would not take from the mount, and may take now."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import Field

from irodsfs.control.call import Call
from irodsfs.control.http_errors import ControlError, NotFound
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.transfer.recovery import put_back

operations = Operations("Spool")


class Recovery(Parameters):
    overwrite: bool = Field(False, description="true to overwrite a version that the zone has got meanwhile")
    dryRun: bool = Field(False, description="true to tell only whether it could be done")


@operations.operation("POST", "/spool/{name}", parameters=Recovery, other_statuses=(HTTPStatus.CONFLICT,))
async def recover(call: Call) -> None:
    """Put a file that the mount keeps in its spool back into the zone; 409 when another version is there now."""
    kept = call.changes.kept(call.text("name"))
    if kept is None:
        raise NotFound("name", "The mount keeps no such file.")
    wanted = call.parameters
    try:
        await put_back(call.session.zone, kept, overwrite=wanted.overwrite, dry_run=wanted.dryRun)
    except OSError as error:
        raise ControlError(HTTPStatus.CONFLICT, "CONFLICT", f"{error.strerror}.", field="name") from error
    if not wanted.dryRun:
        await call.changes.changed(kept.description.path)
