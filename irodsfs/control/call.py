"""One request on its way: what its handler works with."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from irodsfs.control import url_paths
from irodsfs.control.changes import Changes
from irodsfs.control.process_status import Served
from irodsfs.control.upload_spool import UploadSpool
from irodsfs.control.zone_sessions import Session


@dataclass(frozen=True)
class Call:
    """A request after it was checked. `parameters` and `body` are of the operation's declared types."""

    request: Request
    changes: Changes
    served: Served
    media_type: str
    parameters: Any
    body: Any
    spool: UploadSpool
    opened: Session | None
    resources: AsyncExitStack
    """What is to be closed once the answer was sent, or nobody wants it any more."""

    @property
    def session(self) -> Session:
        assert self.opened is not None, "the operation declared that it needs no zone"
        return self.opened

    @property
    def path(self) -> str:
        """The logical path in the URL."""
        return url_paths.logical_path(url_paths.decode_path(self.request.path_params["path"]))

    def text(self, name: str) -> str:
        """Another variable part of the URL."""
        return url_paths.decode(self.request.path_params[name], name)
