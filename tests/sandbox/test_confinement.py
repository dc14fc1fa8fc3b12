"""What administrators of the zone can't do: reach files of the machine that were not given to the zone."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Struct, key_values
from tests.sandbox.raw import RawClient
from tests.sandbox.raw import data_object as object_request
from tests.sandbox.requests import refused
from tests.zones import EmbeddedZone

REFUSED = code_of("PATH_REG_NOT_ALLOWED")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the machine that is not in the zone, although its name begins as that of one that may be."""
    file = tmp_path / "secret"
    file.write_bytes(b"secret")
    return file


@pytest.fixture
def client(zone_server: EmbeddedZone) -> Iterator[RawClient]:
    with RawClient.connected(zone_server.host, zone_server.port, zone_server.password) as client:
        yield client


def by_its_name(secret: Path, zone: EmbeddedZone) -> str:
    return str(secret)


def past_the_vault(secret: Path, zone: EmbeddedZone) -> str:
    return f"{zone.directory}/zone/vault/../../../{os.path.relpath(secret, zone.directory.parent)}"


def through_a_link(secret: Path, zone: EmbeddedZone) -> str:
    link = zone.directory / uuid.uuid4().hex
    link.symlink_to(secret)
    return str(link)


def beside_an_allowed_directory(secret: Path, zone: EmbeddedZone) -> str:
    file = Path(f"{zone.directory}-beside")
    file.write_bytes(b"secret")
    return str(file)


def relative_to_the_server(secret: Path, zone: EmbeddedZone) -> str:
    return os.path.relpath(secret)


WAYS = [by_its_name, past_the_vault, through_a_link, beside_an_allowed_directory, relative_to_the_server]


@pytest.mark.parametrize("way", WAYS)
def test_no_file_outside_is_registered(
    session: iRODSSession,
    zone_server: EmbeddedZone,
    home: str,
    secret: Path,
    way: Callable[[Path, EmbeddedZone], str],
) -> None:
    with refused("PATH_REG_NOT_ALLOWED"):
        session.data_objects.register(way(secret, zone_server), f"{home}/registered")
    assert not session.data_objects.exists(f"{home}/registered")


@pytest.mark.parametrize("way", WAYS)
def test_no_replica_is_said_to_lie_outside(
    client: RawClient,
    session: iRODSSession,
    zone_server: EmbeddedZone,
    data_object: str,
    secret: Path,
    way: Callable[[Path, EmbeddedZone], str],
) -> None:
    before = session.data_objects.get(data_object).replicas[0].path
    modify = Struct(
        "ModDataObjMeta_PI",
        ("DataObjInfo_PI", Struct("DataObjInfo_PI", ("objPath", data_object), ("replNum", 0))),
        ("KeyValPair_PI", key_values({"filePath": way(secret, zone_server)})),
    )
    assert client.call(622, modify).int_info == REFUSED
    assert session.data_objects.get(data_object).replicas[0].path == before


def test_no_directory_outside_is_registered_and_no_link_below_one(
    client: RawClient, session: iRODSSession, zone_server: EmbeddedZone, home: str, secret: Path
) -> None:
    inside = zone_server.directory / f"tree-{uuid.uuid4().hex}"
    inside.mkdir()
    (inside / "link").symlink_to(secret)
    for directory in (secret.parent, inside):
        register = object_request(f"{home}/tree", filePath=str(directory), collection="")
        assert client.call(630, register).int_info == REFUSED
        assert not session.collections.exists(f"{home}/tree")


def test_no_new_object_names_its_own_place(client: RawClient, home: str, tmp_path: Path) -> None:
    for number in (601, 606):
        create = object_request(f"{home}/new", filePath=str(tmp_path / "new"))
        assert client.call(number, create, b"content").int_info == REFUSED
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_a_new_directory_or_where_files_may_be_registered(session: iRODSSession, tmp_path: Path) -> None:
    name = f"r{uuid.uuid4().hex[:8]}"
    (tmp_path / "link").symlink_to("/usr")
    for taken in (tmp_path, "/etc", "/new-in-the-root", tmp_path / "link" / "new", "relative"):
        with refused("CAT_INVALID_RESOURCE_VAULT_PATH"):
            session.resources.create(name, "unixfilesystem", session.host, str(taken))
    session.resources.create(name, "unixfilesystem", session.host, str(tmp_path / "vault"))
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
    with refused("CAT_INVALID_RESOURCE_VAULT_PATH"):
        session.resources.modify(name, "path", "/etc")
    assert session.resources.get(name).vault_path == str(tmp_path / "vault")
    session.resources.remove(name)


def test_names_lead_out_of_no_vault(
    client: RawClient, session: iRODSSession, zone_server: EmbeddedZone, home: str
) -> None:
    """The collections are made as a rename makes them, which takes any name."""
    path = home
    for _ in range(6):
        session.collections.create(f"{home}/next")
        path = f"{path}/.."
        rename = [("DataObjInp_PI", object_request(each)) for each in (f"{home}/next", path)]
        client.call(627, Struct("DataObjCopyInp_PI", *rename))
        for number in (601, 606):
            assert client.call(number, object_request(f"{path}/escaped"), b"content").int_info < 0
    assert not list(zone_server.directory.rglob("escaped"))
