from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from irodsfs.sandbox.catalog.accounts import find_user
from irodsfs.sandbox.served_zone import Zone
from tests.sandbox.querying import Asker


@pytest.fixture
def rods(tmp_path: Path) -> Iterator[Asker]:
    """The administrator of a fresh zone, asking its catalog."""
    zone = Zone.create(tmp_path / "zone")
    catalog = zone.connect()
    user = find_user(catalog, "rods", zone.name)
    assert user is not None
    yield Asker(zone, catalog, user)
    catalog.close()
