from __future__ import annotations

import pytest

from irodsfs.config.address import parse_address
from irodsfs.user_errors import ConfigurationError


def test_names_user_host_port_zone_and_collection() -> None:
    account, collection = parse_address("irods://alice@irods.example.org:2247/exampleZone/home/alice")
    assert {key: setting.value for key, setting in account.items()} == {
        "user": "alice",
        "host": "irods.example.org",
        "port": 2247,
        "zone": "exampleZone",
    }
    assert collection.value == "/exampleZone/home/alice"


def test_the_port_may_be_left_out() -> None:
    account, collection = parse_address("irods://alice@[::1]/exampleZone/")
    assert account["host"].value == "::1"
    assert "port" not in account
    assert collection.value == "/exampleZone"


def test_percent_encoding_is_undone() -> None:
    account, collection = parse_address("irods://alice%40example.org@h/z/100%25%2Fmore")
    assert account["user"].value == "alice@example.org"
    assert collection.value == "/z/100%/more"


def test_the_zone_of_the_user_may_be_another_one_than_that_of_the_path() -> None:
    account, collection = parse_address("irods://alice%23exampleZone@h/otherZone/home/alice%23exampleZone")
    assert (account["user"].value, account["zone"].value) == ("alice", "exampleZone")
    assert collection.value == "/otherZone/home/alice#exampleZone"


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_address("irods://alice:topsecret@h/z")
    assert "topsecret" not in refused.value.message
    assert "IRODSFS_PASSWORD" in refused.value.message


@pytest.mark.parametrize(
    "address",
    [
        "irods://h/z",
        "irods://alice@h",
        "irods://alice@h/",
        "irods://alice@/z",
        "irods://alice@h:http/z",
        "irods://alice@h:99999/z",
        "irods://alice@h/z?x=1",
        "irods://alice@[::1/z",
    ],
)
def test_a_malformed_address_is_refused_with_the_right_form(address: str) -> None:
    with pytest.raises(ConfigurationError, match="irods://user@host:port/zone/path"):
        parse_address(address)
