"""The stand-in of the benchmarks moves as many bytes as a zone would, whatever they are."""

from __future__ import annotations

import dataclasses

from irods.session import iRODSSession

from benchmarks import stand_in
from tests.zones import EmbeddedZone

SIZE = 5 << 20


def test_sizes_are_true_and_what_is_read_is_zeros(zone_server: EmbeddedZone, session: iRODSSession, home: str) -> None:
    path = f"{home}/object"
    with (
        stand_in.before(zone_server.host, zone_server.port) as port,
        dataclasses.replace(zone_server, port=port).session() as through,
    ):
        with through.data_objects.open(path, "w") as stream:
            stream.write(b"x" * SIZE)
        with through.data_objects.open(path, "r+") as stream:
            stream.seek(SIZE)
            stream.write(b"x" * 10)
        with through.data_objects.open(path, "r") as stream:
            stream.seek(5)
            assert stream.read() == bytes(SIZE + 5)
    assert session.data_objects.get(path).size == SIZE + 10
