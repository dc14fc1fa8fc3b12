"""A server of the grid is away: clients are told what the catalog shows."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from irods.session import iRODSSession

from tests.mounts import Mount
from tests.zones import EmbeddedZone, FarServer, add_resources

pytestmark = pytest.mark.embedded_zone


@pytest.fixture(scope="module")
def far(embedded_zone: EmbeddedZone) -> Iterator[FarServer]:
    with FarServer.beside(embedded_zone) as server:
        add_resources(embedded_zone)
        yield server


def test_what_is_done_although_a_server_is_away_is_told_so(
    control: httpx.Client, mounted_zone: Mount, session: iRODSSession, home: str, far: FarServer
) -> None:
    mounted_zone.expect_log("may lack replicas that are up to date")
    for name in ("removed", "trashed", "moved", "replaced"):
        with session.data_objects.open(f"{home}/{name}", "w", destRescName="replResc", allow_redirect=False) as stream:
            stream.write(b"content")
    far.kill()
    removed = control.delete(f"/dataObject{home}/removed", params={"force": "true"})
    trashed = control.delete(f"/dataObject{home}/trashed")
    moved = control.post(f"/dataObject{home}/moved/move", params={"target": f"{home}/elsewhere"})
    replaced = control.post(f"/fileContents{home}/replaced", files={"uploadFile": b"other content"})
    assert [each.status_code // 100 for each in (removed, trashed, moved, replaced)] == [2] * 4, replaced.text
    assert {each.name for each in session.collections.get(home).data_objects} == {"elsewhere", "replaced"}
    assert control.get(f"/fileContents{home}/replaced").content == b"other content"
