"""Guide, chapter 3: the server behind."""

from __future__ import annotations

from irodsfs.control.call import Call
from irodsfs.control.documents.server_documents import ServerInfoDocument
from irodsfs.control.http_operations import Operations
from irodsfs.grid.server_info import read_server_info

operations = Operations("Server")


@operations.operation("GET", "/server", answer=ServerInfoDocument)
async def get_server(call: Call) -> ServerInfoDocument:
    """Release, zone and time of the server."""
    return ServerInfoDocument.of(await read_server_info(call.session.zone))
