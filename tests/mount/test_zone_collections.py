"""The collections at the top of a zone, and those whose content is elsewhere (`imcoll`), as a mount shows them."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.grid.requests import data_object_input
from tests.conftest import AddUser, IrodsfsCommand, MakeMount
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.sandbox.requests import send
from tests.zones import AnyZone, EmbeddedZone


@pytest.fixture
def new_name(session: iRODSSession) -> Iterator[str]:
    """A name that is free in the collection of the zone."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    path = f"/{session.zone}/{name}"
    if session.collections.exists(path):
        session.collections.remove(path, recurse=True, force=True)


@pytest.mark.embedded_zone
@pytest.mark.parametrize("above", [True, False], ids=["from the root", "itself"])
def test_the_collection_of_a_zone_shows_what_it_is_and_takes_what_its_owner_makes(
    make_mount: MakeMount, embedded_zone: EmbeddedZone, session: iRODSSession, new_name: str, above: bool
) -> None:
    top = f"/{embedded_zone.zone}"
    mount = make_mount(collection="/" if above else top)
    path = mount.path / embedded_zone.zone if above else mount.path
    known = session.collections.get(top)
    assert path.stat().st_mtime == known.modify_time.timestamp()
    assert path.stat().st_mode & 0o700 == 0o700
    assert os.access(path, os.W_OK)
    (path / new_name).mkdir()
    (path / new_name / "file").write_bytes(b"content")
    assert get(session, f"{top}/{new_name}/file") == b"content"
    assert sorted(os.listdir(path)) == sorted({"home", "trash", new_name})


def test_what_the_zone_hides_can_be_gone_through_but_not_changed(
    make_mount: MakeMount, zone_server: AnyZone, add_user: AddUser
) -> None:
    visitor = add_user()
    environment = zone_server.environment_file(visitor.name, visitor.password)
    mount = make_mount(collection="/", environment_file=environment)
    home = mount.path / visitor.home.lstrip("/")
    (home / "file").write_bytes(b"content")
    for hidden in (mount.path, mount.path / zone_server.zone):
        with fails(errno.EACCES):
            (hidden / "new").mkdir()


def imcoll(session: iRODSSession, kind: str, path: str, target: str) -> None:
    """As `imcoll -m l TARGET PATH` or `-m f` does, and `-U`."""
    keywords = {"collectionType": kind, "filePath": target}
    send(session, "PHY_PATH_REG_AN", data_object_input(path, keywords))


@pytest.fixture
def target(session: iRODSSession, home: str) -> str:
    session.collections.create(f"{home}/target/below")
    put(session, f"{home}/target/file", b"content")
    return f"{home}/target"


@pytest.mark.parametrize("kind", ["linkPoint", "mountPoint"])
def test_what_is_elsewhere_is_refused_and_never_an_empty_directory(
    mount: Mount, embedded_zone: EmbeddedZone, session: iRODSSession, home: str, target: str, kind: str
) -> None:
    source = target if kind == "linkPoint" else str(embedded_zone.directory / "zone" / "vault")
    imcoll(session, kind, f"{home}/elsewhere", source)
    mount.expect_log(rf"{home}/elsewhere is .* {source} \(imcoll\), which irodsfs does not follow")
    path = mount.path / "elsewhere"
    assert sorted(os.listdir(mount.path)) == ["elsewhere", "target"]
    assert path.stat().st_mode & 0o777 == 0
    for _ in range(2):
        with fails(errno.ENOTSUP):
            os.listdir(path)
    for make in (lambda: (path / "new").mkdir(), lambda: (path / "new").write_bytes(b"lost")):
        with fails(errno.EACCES):
            make()
    with fails(errno.ENOTSUP):
        path.rmdir()
    assert "which irodsfs does not follow" in mount.log
    assert not session.collections.exists(f"{target}/new")
    imcoll(session, "unmount", f"{home}/elsewhere", "")


@pytest.mark.embedded_zone
def test_a_soft_link_can_not_be_mounted(
    irodsfs: IrodsfsCommand, embedded_zone: EmbeddedZone, session: iRODSSession, home: str, target: str, tmp_path: Path
) -> None:
    imcoll(session, "linkPoint", f"{home}/link", target)
    (tmp_path / "mount").mkdir()
    done = irodsfs("mount", "--collection", f"{home}/link", embedded_zone.environment_file(), tmp_path / "mount")
    assert done.returncode != 0
    assert f"a soft link to {target}" in done.stderr


@pytest.mark.embedded_zone
def test_the_embedded_zone_follows_soft_links_as_servers_do(
    embedded_zone: EmbeddedZone, session: iRODSSession, home: str, target: str
) -> None:
    imcoll(session, "linkPoint", f"{home}/link", target)
    assert get(session, f"{home}/link/file") == b"content"
    put(session, f"{home}/link/new", b"new")
    assert get(session, f"{target}/new") == b"new"
    # Queries do not follow them.
    assert session.collections.get(f"{home}/link").data_objects == []
    imcoll(session, "unmount", f"{home}/link", "")
    assert not session.data_objects.exists(f"{home}/link/file")
