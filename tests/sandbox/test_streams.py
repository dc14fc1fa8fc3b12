from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Message, Struct, decode, json_of, json_struct
from tests.sandbox.raw import RawClient, data_object, opened
from tests.zones import EmbeddedZone

CREATE = os.O_CREAT | os.O_RDWR | os.O_TRUNC
Connect = Callable[[], RawClient]


@pytest.fixture
def connect(zone_server: EmbeddedZone) -> Iterator[Connect]:
    with ExitStack() as clients:
        yield lambda: clients.enter_context(
            RawClient.connected(zone_server.host, zone_server.port, zone_server.password)
        )


@pytest.fixture
def client(connect: Connect) -> RawClient:
    return connect()


@pytest.fixture
def path(client: RawClient, home: str) -> str:
    """A data object that holds ``0123456789``."""
    path = f"{home}/object"
    client.call(602, data_object(path, CREATE))
    client.call(676, opened(3), b"0123456789")
    client.call(673, opened(3))
    return path


def size(client: RawClient, path: str) -> int:
    return decode(client.call(633, data_object(path)).body).integer("objSize")


def read(client: RawClient, length: int) -> Message:
    return client.call(675, opened(3, length))


def seek(client: RawClient, offset: int, whence: int = os.SEEK_SET) -> int:
    return decode(client.call(674, opened(3, 0, offset, whence)).body).integer("offset")


def test_descriptors_are_numbered_from_three_and_used_again(client: RawClient, path: str) -> None:
    assert [client.call(602, data_object(path)).int_info for _ in range(3)] == [3, 4, 5]
    assert client.call(673, opened(4)).int_info == 0
    assert client.call(602, data_object(path)).int_info == 4


def test_reads_go_on_where_the_last_one_ended(client: RawClient, path: str) -> None:
    client.call(602, data_object(path))
    assert [read(client, 4).bs for _ in range(4)] == [b"0123", b"4567", b"89", b""]


def test_a_reader_cannot_seek_behind_the_end(client: RawClient, path: str) -> None:
    client.call(602, data_object(path))
    assert seek(client, 1000) == 10
    assert seek(client, -3, os.SEEK_END) == 7
    assert read(client, 100).bs == b"789"


def test_a_writer_behind_the_end_leaves_a_hole(client: RawClient, path: str) -> None:
    client.call(602, data_object(path, os.O_WRONLY))
    assert seek(client, 20) == 20
    client.call(676, opened(3), b"x")
    client.call(673, opened(3))
    assert client.call(608, data_object(path)).bs == b"0123456789" + b"\0" * 10 + b"x"


def test_the_size_is_in_the_catalog_once_the_object_is_closed(client: RawClient, path: str) -> None:
    client.call(602, data_object(path, os.O_WRONLY | os.O_TRUNC))
    client.call(676, opened(3), b"abc")
    assert size(client, path) == 0
    client.call(673, opened(3))
    assert size(client, path) == 3


def test_a_large_read_of_a_small_object_answers_what_is_there(client: RawClient, path: str) -> None:
    client.call(602, data_object(path, os.O_RDWR))
    assert read(client, 2**31 - 1).bs == b"0123456789"


def test_writes_through_a_reader_and_reads_through_a_writer_fail_with_the_systems_errno(
    client: RawClient, path: str
) -> None:
    client.call(602, data_object(path))
    assert client.call(676, opened(3), b"x").int_info == code_of("UNIX_FILE_WRITE_ERR") - 9
    client.call(673, opened(3))
    client.call(602, data_object(path, os.O_WRONLY))
    assert read(client, 1).int_info == code_of("UNIX_FILE_READ_ERR") - 9


def test_nobody_else_opens_an_object_that_is_being_written(client: RawClient, connect: Connect, path: str) -> None:
    client.call(602, data_object(path, os.O_WRONLY))
    other = connect()
    locked = code_of("HIERARCHY_ERROR")
    assert other.call(602, data_object(path)).int_info == locked
    assert other.call(602, data_object(path, os.O_WRONLY)).int_info == locked
    assert other.call(802, data_object(path, size=1)).int_info == locked
    assert other.call(615, data_object(path, forceFlag="")).int_info == code_of("LOCKED_DATA_OBJECT_ACCESS")
    client.call(673, opened(3))
    assert other.call(602, data_object(path)).int_info == 3


def test_an_object_that_is_being_read_can_be_removed_and_read_on(
    client: RawClient, connect: Connect, path: str
) -> None:
    client.call(602, data_object(path))
    assert connect().call(615, data_object(path, forceFlag="")).int_info == 0
    assert read(client, 100).bs == b"0123456789"
    assert client.call(673, opened(3)).int_info == 0


def test_several_writers_share_a_replica_by_its_token(client: RawClient, connect: Connect, path: str) -> None:
    client.call(602, data_object(path, os.O_WRONLY | os.O_TRUNC))
    info = json_of(decode(client.call(20000, json_struct({"fd": 3})).body))
    keywords = {"replicaToken": info["replica_token"], "resc_hier": info["data_object_info"]["resource_hierarchy"]}
    other = connect()
    assert other.call(20003, data_object(path, os.O_WRONLY, **keywords)).int_info == 3
    assert seek(other, 5) == 5
    other.call(676, opened(3), b"world")
    client.call(676, opened(3), b"hello")
    quietly = {"fd": 3, "update_size": False, "update_status": False}
    assert other.call(20004, json_struct(quietly)).int_info == 0
    assert client.call(673, opened(3)).int_info == 0
    assert client.call(608, data_object(path)).bs == b"helloworld"


def test_a_wrong_token_opens_nothing(client: RawClient, connect: Connect, path: str) -> None:
    client.call(602, data_object(path, os.O_WRONLY))
    other = connect()
    wrong = data_object(path, os.O_WRONLY, replicaToken="wrong")
    assert other.call(602, wrong).int_info == code_of("HIERARCHY_ERROR")
    wrong_and_where = data_object(path, os.O_WRONLY, replicaToken="wrong", resc_hier="demoResc")
    assert other.call(602, wrong_and_where).int_info == code_of("INTERMEDIATE_REPLICA_ACCESS")


@pytest.mark.parametrize("number", [2, 3, 5000])
def test_a_replica_close_of_what_is_not_open_is_refused(client: RawClient, number: int) -> None:
    assert client.call(20004, json_struct({"fd": number})).int_info == code_of("BAD_INPUT_DESC_INDEX")


def test_replica_close_computes_a_checksum_on_demand(client: RawClient, home: str) -> None:
    path = f"{home}/sum"
    client.call(20003, data_object(path, CREATE))
    client.call(676, opened(3), b"abc")
    assert client.call(20004, json_struct({"fd": 3, "compute_checksum": True})).int_info == 0
    stat = decode(client.call(633, data_object(path)).body)
    assert stat.text("chksum") == "sha2:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="


def test_a_size_hint_that_turns_out_wrong_leaves_a_stale_replica(client: RawClient, home: str) -> None:
    path = f"{home}/hint"
    client.call(602, data_object(path, CREATE, size=100))
    client.call(676, opened(3), b"abc")
    assert client.call(673, opened(3)).int_info == 3
    touched = client.call(20007, json_struct({"logical_path": path, "options": {}}))
    assert touched.int_info == code_of("SYS_NO_GOOD_REPLICA")


def test_descriptors_run_out_with_an_error(client: RawClient, path: str) -> None:
    statuses = [client.call(602, data_object(path)).int_info for _ in range(1024)]
    assert statuses[0] == 3
    assert statuses[-1] == code_of("SYS_OUT_OF_FILE_DESC")


def test_an_object_opened_and_closed_keeps_its_modify_time(client: RawClient, path: str) -> None:
    client.call(20007, json_struct({"logical_path": path, "options": {"seconds_since_epoch": 1000}}))
    client.call(602, data_object(path, os.O_RDWR))
    client.call(673, opened(3))
    assert modify_time(client, path) == 1000


def modify_time(client: RawClient, path: str) -> int:
    return int(decode(client.call(633, data_object(path)).body).text("modifyTime"))


def set_modify_time(client: RawClient, path: str, seconds: int, **options: int) -> None:
    request = {"logical_path": path, "options": options | {"seconds_since_epoch": seconds}}
    assert client.call(20007, json_struct(request)).int_info == 0


@pytest.mark.parametrize("close", [(673, opened(3)), (20004, json_struct({"fd": 3}))], ids=["close", "replica-close"])
def test_a_write_of_no_bytes_is_none(client: RawClient, path: str, close: tuple[int, Struct]) -> None:
    set_modify_time(client, path, 1000)
    client.call(602, data_object(path, os.O_RDWR))
    assert client.call(676, opened(3), b"").int_info == 0
    assert client.call(*close).int_info == 0
    assert modify_time(client, path) == 1000


def test_truncation_by_an_open_without_a_write_keeps_the_modify_time(client: RawClient, path: str) -> None:
    set_modify_time(client, path, 1000)
    client.call(602, data_object(path, os.O_WRONLY | os.O_TRUNC))
    assert client.call(673, opened(3)).int_info == 0
    assert (size(client, path), modify_time(client, path)) == (0, 1000)


@pytest.mark.parametrize("close", [(673, opened(3)), (20004, json_struct({"fd": 3}))], ids=["close", "replica-close"])
def test_a_close_takes_back_times_that_were_set_while_the_object_was_open(
    client: RawClient, connect: Connect, path: str, close: tuple[int, Struct]
) -> None:
    set_modify_time(client, path, 1000)
    client.call(602, data_object(path, os.O_RDWR))
    set_modify_time(connect(), path, 2000, replica_number=0)
    assert modify_time(client, path) == 2000
    assert client.call(*close).int_info == 0
    assert modify_time(client, path) == 1000


def test_a_name_too_long_for_the_vault_leaves_nothing_behind(client: RawClient, home: str) -> None:
    path = f"{home}/{'x' * 256}"
    assert client.call(602, data_object(path, CREATE)).int_info == code_of("UNIX_FILE_CREATE_ERR") - 36
    assert client.call(633, data_object(path)).int_info == code_of("USER_FILE_DOES_NOT_EXIST")
