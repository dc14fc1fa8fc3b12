"""An embedded zone with two servers, asked as plain clients ask: what a grid of two 5.0.2 servers answers."""

from __future__ import annotations

import errno
import json
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.models import DataObject, Resource

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Message, Struct, decode, encode, key_values, read_message, send_message
from tests.sandbox.raw import RawClient, data_object, opened
from tests.zones import FAR, EmbeddedZone, FarServer, add_resources

pytestmark = pytest.mark.embedded_zone

HOME = "/tempZone/home/rods"
REFUSED = code_of("USER_SOCK_CONNECT_ERR") - errno.ECONNREFUSED
BROKEN = code_of("SYS_HEADER_READ_LEN_ERR")
RESET = code_of("SYS_SOCK_READ_ERR") - errno.ECONNRESET
WRITE = os.O_CREAT | os.O_EXCL | os.O_WRONLY


@pytest.fixture(scope="module")
def zone(embedded_zone: EmbeddedZone) -> EmbeddedZone:
    return embedded_zone


@pytest.fixture(scope="module")
def far(zone: EmbeddedZone) -> Iterator[FarServer]:
    with FarServer.beside(zone) as server:
        add_resources(zone)
        yield server


@pytest.fixture(autouse=True)
def far_is_there(far: FarServer) -> None:
    if not far.is_alive:
        far.start()


@pytest.fixture
def near_client(zone: EmbeddedZone, far: FarServer) -> Iterator[RawClient]:
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        yield client


@pytest.fixture
def far_client(zone: EmbeddedZone, far: FarServer) -> Iterator[RawClient]:
    with RawClient.connected(FAR, zone.port, zone.password) as client:
        yield client


def put(client: RawClient, content: bytes, **keywords: str) -> str:
    path = f"{HOME}/{uuid.uuid4().hex}"
    assert client.call(602, data_object(path, WRITE, **keywords)).int_info == 3
    assert client.call(676, opened(3, len(content)), content).int_info == len(content)
    assert client.call(673, opened(3)).int_info == 0
    return path


def get(client: RawClient, path: str, **keywords: str) -> bytes | int:
    """The content, or the status of what failed."""
    status = client.call(602, data_object(path, **keywords)).int_info
    if status < 0:
        return status
    reply = client.call(675, opened(status, 1 << 20))
    closed = client.call(673, opened(status)).int_info
    return reply.bs if reply.int_info >= 0 and closed >= 0 else min(reply.int_info, closed)


def replicas(zone: EmbeddedZone, path: str) -> list[tuple[str, str]]:
    """The resources of the replicas with their statuses."""
    name = path.rsplit("/", 1)[1]
    with zone.session() as session:
        query = session.query(DataObject.resource_name, DataObject.replica_status, DataObject.replica_number)
        rows = query.filter(DataObject.name == name).all()
        return sorted((row[DataObject.resource_name], row[DataObject.replica_status]) for row in rows)


def asked(client: RawClient, path: str, operation: str, **keywords: str) -> dict[str, str] | int:
    reply = client.call(10220, data_object(path, getResourceInfoOpType=operation, **keywords))
    answer: dict[str, str] = json.loads(decode(reply.body).text("myStr")) if reply.int_info == 0 else {}
    return answer or reply.int_info


@pytest.mark.parametrize("resource", ["demoResc", "farResc", "replResc"])
def test_everything_works_by_relay_from_either_server(
    near_client: RawClient, far_client: RawClient, resource: str
) -> None:
    for one, other in ((near_client, far_client), (far_client, near_client)):
        path = put(one, b"content", destRescName=resource)
        assert get(one, path) == get(other, path) == b"content"
        assert other.call(602, data_object(path, os.O_WRONLY)).int_info == 3
        assert other.call(674, opened(3, offset=3)).int_info == 0
        assert other.call(676, opened(3, 4), b"TENT").int_info == 4
        assert other.call(673, opened(3)).int_info == 0
        assert get(one, path) == get(other, path) == b"conTENT"
        assert other.call(615, data_object(path, forceFlag="")).int_info == 0


def test_the_far_server_is_only_asked_for_what_it_has(zone: EmbeddedZone, far: FarServer) -> None:
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        there, here = put(client, b"far", destRescName="farResc"), put(client, b"near")
    with RawClient.connected(zone.host, zone.port, zone.password) as client, far.frozen():
        assert get(client, here) == b"near"
        send_message(client.socket, Message("RODS_API_REQ", 602, encode(data_object(there))))
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.socket.recv(1, socket.MSG_PEEK)
    client.socket.close()


def test_a_frozen_server_goes_on_where_it_was(near_client: RawClient, far: FarServer) -> None:
    path = put(near_client, b"content", destRescName="farResc")
    assert near_client.call(602, data_object(path)).int_info == 3
    with far.frozen():
        send_message(near_client.socket, Message("RODS_API_REQ", 675, encode(opened(3, 7))))
    reply = read_message(near_client.stream)
    assert reply is not None
    assert reply.bs == b"content"
    assert near_client.call(673, opened(3)).int_info == 0


def test_locations_are_told_as_the_catalog_has_them(
    zone: EmbeddedZone, near_client: RawClient, far_client: RawClient
) -> None:
    far_object = put(near_client, b"", destRescName="farResc")
    both = put(near_client, b"", destRescName="replResc")
    for client in (near_client, far_client):
        for operation in ("OPEN", "WRITE", "UNLINK"):
            assert asked(client, far_object, operation) == {"host": FAR, "resource_hierarchy": "farResc"}
        assert asked(client, far_object, "CREATE") == {"host": zone.host, "resource_hierarchy": "demoResc"}
        assert asked(client, f"{HOME}/new", "CREATE") == {"host": zone.host, "resource_hierarchy": "demoResc"}
        assert asked(client, f"{HOME}/missing", "OPEN") == code_of("CAT_NO_ROWS_FOUND")
        assert asked(client, both, "UNLINK") == {"host": zone.host, "resource_hierarchy": "replResc;replCat"}
        assert asked(client, both, "READ") == code_of("INVALID_OPERATION")
        assert asked(client, both, "") == code_of("SYS_INVALID_INPUT_PARAM")
        assert asked(client, both, "OPEN", destRescName="replFar") == code_of("DIRECT_CHILD_ACCESS")
        assert asked(client, both, "OPEN", destRescName="none") == code_of("SYS_RESC_DOES_NOT_EXIST")
        echoed = {"host": FAR, "resource_hierarchy": "farResc"}
        assert asked(client, f"{HOME}/missing", "OPEN", resc_hier="farResc") == echoed
    for operation in ("OPEN", "WRITE", "CREATE"):
        near = asked(near_client, both, operation, destRescName="replResc")
        assert near == {"host": zone.host, "resource_hierarchy": "replResc;replCat"}
        assert asked(far_client, both, operation, destRescName="replResc") == {
            "host": FAR,
            "resource_hierarchy": "replResc;replFar",
        }
    with zone.session() as session:
        rows = session.query(Resource.name, Resource.location).all()
        found = {row[Resource.name]: row[Resource.location] for row in rows}
    assert found["farResc"] == FAR
    assert found["demoResc"] == zone.host
    assert found["replResc"] == "EMPTY_RESC_HOST"


def test_a_hierarchy_picks_the_replica(zone: EmbeddedZone, near_client: RawClient, far: FarServer) -> None:
    path = put(near_client, b"content", resc_hier="replResc;replFar")
    assert replicas(zone, path) == [("replCat", "1"), ("replFar", "1")]
    assert get(near_client, path, resc_hier="farResc") == code_of("SYS_REPLICA_DOES_NOT_EXIST")
    far.kill()
    assert get(near_client, path) == b"content"
    with RawClient.connected(zone.host, zone.port, zone.password) as new:
        assert get(new, path, resc_hier="replResc;replFar") == REFUSED


def test_creating_moves_what_exists(zone: EmbeddedZone, near_client: RawClient) -> None:
    path = put(near_client, b"0123456789", destRescName="farResc")
    assert near_client.call(602, data_object(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)).int_info == 3
    assert near_client.call(676, opened(3, 3), b"abc").int_info == 3
    assert near_client.call(673, opened(3)).int_info == 0
    assert replicas(zone, path) == [("demoResc", "1"), ("farResc", "0")]


def test_a_stopped_server_is_refused_at_open(zone: EmbeddedZone, near_client: RawClient, far: FarServer) -> None:
    path = put(near_client, b"content", destRescName="farResc")
    far.kill()
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        assert get(client, path) == REFUSED
        assert client.call(602, data_object(path, os.O_WRONLY | os.O_TRUNC)).int_info == REFUSED
        new = f"{HOME}/{uuid.uuid4().hex}"
        assert client.call(602, data_object(new, WRITE, destRescName="farResc")).int_info == REFUSED
        assert client.call(633, data_object(new)).int_info < 0
        assert client.call(633, data_object(path)).int_info == 1
        assert asked(client, path, "OPEN") == {"host": FAR, "resource_hierarchy": "farResc"}
    assert replicas(zone, path) == [("farResc", "1")]


def test_what_is_done_although_it_fails(zone: EmbeddedZone, near_client: RawClient, far: FarServer) -> None:
    both = [put(near_client, b"content", destRescName="replResc") for _ in range(3)]
    there = [put(near_client, b"content", destRescName="farResc") for _ in range(2)]
    far.kill()
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        assert client.call(602, data_object(both[0], os.O_WRONLY)).int_info == 3
        assert client.call(676, opened(3, 3), b"CON").int_info == 3
        assert client.call(673, opened(3)).int_info == REFUSED
        assert get(client, both[0]) == b"CONtent"
        assert replicas(zone, both[0]) == [("replCat", "1"), ("replFar", "0")]
        new = f"{HOME}/{uuid.uuid4().hex}"
        assert client.call(602, data_object(new, WRITE, destRescName="replResc")).int_info == 3
        assert client.call(676, opened(3, 3), b"new").int_info == 3
        assert client.call(673, opened(3)).int_info == REFUSED
        assert get(client, new) == b"new"
        assert replicas(zone, new) == [("replCat", "1")]
        assert client.call(627, moved(both[1], f"{both[1]}-2")).int_info == REFUSED
        assert get(client, f"{both[1]}-2") == b"content"
        assert client.call(627, moved(there[0], f"{there[0]}-2")).int_info == REFUSED
        assert client.call(633, data_object(there[0])).int_info == 1
        for path in (both[2], there[1]):
            assert client.call(615, data_object(path, forceFlag="")).int_info == REFUSED
            assert client.call(633, data_object(path)).int_info < 0


def moved(source: str, target: str) -> Struct:
    members = [("DataObjInp_PI", Struct("DataObjInp_PI", *pairs(path))) for path in (source, target)]
    return Struct("DataObjCopyInp_PI", *members)


def pairs(path: str) -> list[tuple[str, str | int | Struct]]:
    return [("objPath", path), ("oprType", 11), ("KeyValPair_PI", key_values({}))]


def test_a_connection_that_has_lost_the_far_server_never_finds_it_again(
    zone: EmbeddedZone, near_client: RawClient, far: FarServer
) -> None:
    path, here = put(near_client, b"content", destRescName="farResc"), put(near_client, b"here")
    new = f"{HOME}/{uuid.uuid4().hex}"
    assert near_client.call(602, data_object(new, WRITE, destRescName="farResc")).int_info == 3
    assert near_client.call(676, opened(3, 3), b"new").int_info == 3
    far.kill()
    assert near_client.call(676, opened(3, 3), b"new").int_info in (RESET, BROKEN)
    assert near_client.call(673, opened(3)).int_info == BROKEN
    far.start()
    assert get(near_client, path) == BROKEN
    assert get(near_client, here) == b"here"
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        assert get(client, path) == b"content"


def test_connections_to_a_server_end_with_it_and_what_was_open_is_stale(
    zone: EmbeddedZone, far_client: RawClient, near_client: RawClient
) -> None:
    path = f"{HOME}/{uuid.uuid4().hex}"
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        assert client.call(602, data_object(path, WRITE, destRescName="farResc")).int_info == 3
        assert client.call(676, opened(3, 3), b"new").int_info == 3
        assert replicas(zone, path) == [("farResc", "2")]
        assert get(near_client, path) == code_of("HIERARCHY_ERROR")
    while replicas(zone, path) == [("farResc", "2")]:  # until the far agent has seen that its client is gone
        assert far_client.call(700).int_info >= 0
    assert replicas(zone, path) == [("farResc", "0")]


def test_files_lie_in_the_vaults_of_their_servers(zone: EmbeddedZone, near_client: RawClient) -> None:
    path = put(near_client, b"content", destRescName="farResc")
    name = path.removeprefix("/tempZone/")
    assert Path(zone.directory, "vaults", "farResc", name).read_bytes() == b"content"
