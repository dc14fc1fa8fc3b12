from __future__ import annotations

from tests.grid.conftest import entered_through, proxy

__all__ = ["entered_through", "proxy"]
