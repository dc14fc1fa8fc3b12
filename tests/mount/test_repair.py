"""What a mount that was killed in the middle of a rename left behind is put right by the next one."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.meta import iRODSMeta
from irods.models import Collection, DataObject
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.objects import put
from tests.proxy import Proxy

LONG_AGO = f"{int(time.time()) - 3600:08x}01234567"
JUST_NOW = f"{int(time.time()) + 3600:08x}01234567"


def names(session: iRODSSession, home: str) -> list[str]:
    return sorted(each.name for each in session.collections.get(home).data_objects)


def test_what_was_moved_aside_comes_back_when_nothing_took_its_place(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/.irodsfs-replaced-{LONG_AGO}-my file", b"old version")
    put(session, f"{home}/new", b"new version")
    assert sorted(os.listdir(mount.path)) == ["my file", "new"]
    assert (mount.path / "my file").read_bytes() == b"old version"
    assert names(session, home) == ["my file", "new"]


def test_it_comes_back_for_a_program_that_opens_it_by_name(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/.irodsfs-replaced-{LONG_AGO}-file", b"old version")
    assert (mount.path / "file").read_bytes() == b"old version"
    assert not (mount.path / "another").exists()


def test_what_was_moved_aside_goes_when_its_place_is_taken(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/.irodsfs-replaced-{LONG_AGO}-file", b"old version")
    put(session, f"{home}/file", b"new version")
    assert os.listdir(mount.path) == ["file"]
    assert (mount.path / "file").read_bytes() == b"new version"
    assert names(session, home) == ["file"]


def test_what_was_on_a_detour_arrives(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/.irodsfs-moved-{LONG_AGO}-file", b"content")
    session.collections.create(f"{home}/.irodsfs-moved-{LONG_AGO}-directory")
    put(session, f"{home}/.irodsfs-moved-{LONG_AGO}-directory/below", b"")
    assert sorted(os.listdir(mount.path)) == ["directory", "file"]
    assert os.listdir(mount.path / "directory") == ["below"]


def test_what_was_on_a_detour_is_kept_and_shown_when_its_name_is_taken(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    leftover = f".irodsfs-moved-{LONG_AGO}-file"
    put(session, f"{home}/{leftover}", b"content")
    put(session, f"{home}/file", b"another")
    for _ in range(2):
        assert sorted(os.listdir(mount.path)) == [leftover, "file"]
    assert (mount.path / leftover).read_bytes() == b"content"


def test_a_rename_that_another_mount_may_be_in_the_middle_of_is_left_alone_and_not_shown(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    name = f".irodsfs-replaced-{JUST_NOW}-file"
    put(session, f"{home}/{name}", b"old version")
    assert os.listdir(mount.path) == []
    assert not (mount.path / "file").exists()
    assert names(session, home) == [name]


@pytest.mark.readable_line
def test_a_name_that_is_just_being_given_to_something_new_is_waited_for(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    aside = f"{home}/.irodsfs-replaced-{int(time.time()):08x}01234567-file"
    put(session, aside, b"new version")
    mount = mount_through(proxy)
    assert os.listdir(mount.path) == []
    first = threading.Lock()

    def give(_: int) -> None:
        if first.acquire(blocking=False):
            session.data_objects.move(aside, f"{home}/file")

    proxy.on_request(api_number["GEN_QUERY_AN"], give)
    assert (mount.path / "file").read_bytes() == b"new version"


def test_what_was_moved_aside_is_kept_while_what_has_its_name_is_not_complete(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    aside = f".irodsfs-replaced-{LONG_AGO}-file"
    put(session, f"{home}/{aside}", b"old version")
    mount.expect_log("is kept: what has its name is not complete")
    with session.data_objects.open(f"{home}/file", "w"):
        assert sorted(os.listdir(mount.path)) == [aside, "file"]
    assert names(session, home) == [aside, "file"]


def test_a_collection_that_was_moved_aside_goes_when_its_place_is_taken(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    for name in (f".irodsfs-replaced-{LONG_AGO}-directory", "directory"):
        session.collections.create(f"{home}/{name}")
    assert os.listdir(mount.path) == ["directory"]
    assert [each.name for each in session.collections.get(home).subcollections] == ["directory"]


def test_a_read_only_mount_repairs_nothing(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    name = f".irodsfs-replaced-{LONG_AGO}-file"
    put(session, f"{home}/{name}", b"old version")
    assert os.listdir(make_mount("--read-only").path) == [name]
    assert names(session, home) == [name]


def test_other_hidden_names_are_nobodys_business(mount: Mount, session: iRODSSession, home: str) -> None:
    for name in (".irodsfs-replaced-", ".irodsfs-replaced-file", ".irodsfs-other", f"x.irodsfs-replaced-{LONG_AGO}-x"):
        (mount.path / name).write_text(name)
    before = sorted(os.listdir(mount.path))
    assert len(before) == 4
    assert names(session, home) == before


LONG = "n" * 255
NAMELESS = f".irodsfs-replaced-{LONG_AGO}"


def keep_name(session: iRODSSession, path: str, name: str) -> None:
    session.metadata.set(DataObject, path, iRODSMeta("irodsfs::name", name))


def test_what_was_moved_aside_comes_back_under_a_name_that_only_an_avu_can_hold(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/{NAMELESS}", b"old version")
    keep_name(session, f"{home}/{NAMELESS}", LONG)
    assert (mount.path / LONG).read_bytes() == b"old version"
    assert names(session, home) == [LONG]
    assert not session.metadata.get(DataObject, f"{home}/{LONG}")


def test_what_was_moved_aside_goes_when_its_long_name_is_taken(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/{NAMELESS}", b"old version")
    keep_name(session, f"{home}/{NAMELESS}", LONG)
    put(session, f"{home}/{LONG}", b"new version")
    assert os.listdir(mount.path) == [LONG]
    assert names(session, home) == [LONG]


def test_what_is_on_a_detour_to_a_long_name_arrives(mount: Mount, session: iRODSSession, home: str) -> None:
    moved = f"{home}/.irodsfs-moved-{LONG_AGO}"
    session.collections.create(moved)
    session.metadata.set(Collection, moved, iRODSMeta("irodsfs::name", LONG))
    assert os.listdir(mount.path) == [LONG]
    assert not session.metadata.get(Collection, f"{home}/{LONG}")


@pytest.mark.parametrize("name", ["../elsewhere", "..", "."])
def test_an_avu_that_leads_elsewhere_is_not_followed(mount: Mount, session: iRODSSession, home: str, name: str) -> None:
    put(session, f"{home}/{NAMELESS}", b"old version")
    keep_name(session, f"{home}/{NAMELESS}", name)
    assert os.listdir(mount.path) == [NAMELESS]
    assert names(session, home) == [NAMELESS]


def test_what_nothing_names_is_kept_and_shown(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/{NAMELESS}", b"old version")
    assert not (mount.path / LONG).exists()
    assert os.listdir(mount.path) == [NAMELESS]
    assert (mount.path / NAMELESS).read_bytes() == b"old version"


def test_a_detour_to_a_long_name_leaves_no_avu(mount: Mount, session: iRODSSession, home: str) -> None:
    (mount.path / "directory").mkdir()
    for source, target in (("source", "directory/"), ("directory/source", "")):
        (mount.path / source).write_text(source)
        (mount.path / Path(source).parent / LONG).write_text("in the way")
        (mount.path / source).rename(mount.path / target / LONG)
        assert (mount.path / target / LONG).read_text() == source
        assert not session.metadata.get(DataObject, f"{home}/{target}{LONG}")
    assert names(session, home) == [LONG]


def test_replacing_a_file_leaves_nothing_behind_also_with_the_longest_names(mount: Mount) -> None:
    for name in ("short", "n" * 220, "n" * 221, "n" * 255):
        source = Path(mount.path / "source")
        source.write_text("new")
        (mount.path / name).write_text("old")
        source.rename(mount.path / name)
        assert (mount.path / name).read_text() == "new"
        (mount.path / name).unlink()
        assert os.listdir(mount.path) == []
