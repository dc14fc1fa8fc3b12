"""What this process is and does, and making its mount ask the zone again."""

from __future__ import annotations

from pydantic import Field
from starlette.responses import Response

from irodsfs.control.call import Call
from irodsfs.control.documents.status_documents import StatusDocument
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.control.process_status import exposition
from irodsfs.control.url_paths import logical_path

operations = Operations("Status")

EXPOSITION = "text/plain"


class StatusParameters(Parameters):
    wait: bool = Field(False, description="true to answer when no closed file waits for its upload any more")


class Invalidation(Parameters):
    path: str = Field("/", pattern="^/", description="the entry to ask for again, with all below it")


@operations.operation("GET", "/status", parameters=StatusParameters, answer=StatusDocument, needs_zone=False)
async def get_status(call: Call) -> StatusDocument:
    """What is served, since when, and what is going on."""
    if call.parameters.wait:
        await call.changes.written_back()
    return call.served.status(call.changes)


@operations.operation("GET", "/metrics", contents={EXPOSITION: {"type": "string"}}, needs_zone=False)
async def get_metrics(call: Call) -> Response:
    """Counters and latencies in Prometheus' text form."""
    return Response(exposition(call.changes), media_type="text/plain; version=0.0.4")


@operations.operation("POST", "/cache/invalidate", parameters=Invalidation, needs_zone=False, changes=False)
async def invalidate_cache(call: Call) -> None:
    """Make the mount and the kernel ask the zone again."""
    await call.changes.changed(logical_path(call.parameters.path))
