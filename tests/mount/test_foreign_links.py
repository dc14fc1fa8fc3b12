"""Symbolic links of others, on mounts that keep links as AVUs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from irods.meta import iRODSMeta
from irods.models import DataObject
from irods.session import iRODSSession

from irodsfs.filesystem.foreign_links import refuse_foreign
from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import fails
from tests.objects import put
from tests.proxy import Proxy

OPTION = "--posix-attributes"
SYMLINK = "irodsfs::symlink"
OPEN = 602


def claim(session: iRODSSession, path: str, target: str) -> None:
    """Says that an object is a link, as everybody may who may change its AVUs."""
    session.metadata.add(DataObject, path, iRODSMeta(SYMLINK, target))


@pytest.mark.parametrize("content", ["content", "content of other length", ""])
def test_an_avu_alone_makes_no_link_of_a_file(
    make_mount: MakeMount, session: iRODSSession, home: str, tmp_path: Path, content: str
) -> None:
    """Not even when the file is as long as the target."""
    target = str(tmp_path / "victim")
    if content == "content":
        content = "x" * len(target)
    put(session, f"{home}/file", content.encode())
    claim(session, f"{home}/file", target)
    mount = make_mount(OPTION)
    assert [entry.is_symlink() for entry in os.scandir(mount.path)] == [False]
    assert (mount.path / "file").read_text() == content
    (mount.path / "file").write_text("changed")
    assert not (tmp_path / "victim").exists()
    assert (mount.path / "file").read_text() == "changed"


def test_the_one_avu_that_says_what_the_object_holds_counts(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/link", b"target")
    for target in ("tarmac", "elsewhere", "target"):
        claim(session, f"{home}/link", target)
    put(session, f"{home}/target", b"content")
    mount = make_mount(OPTION)
    assert os.readlink(mount.path / "link") == "target"
    assert (mount.path / "link").read_bytes() == b"content"


def test_a_link_whose_object_changes_is_none_any_more(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    mount = make_mount(OPTION, "--cache-timeout", "0")
    os.symlink("target", mount.path / "link")
    assert os.readlink(mount.path / "link") == "target"
    put(session, f"{home}/link", b"TARGET, no")
    assert (mount.path / "link").read_bytes() == b"TARGET, no"


def test_an_object_that_can_not_be_read_is_no_link(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/link", b"target")
    claim(session, f"{home}/link", "target")
    mount = mount_through(proxy, OPTION)
    proxy.cut_at(OPEN, times=10)
    mount.expect_log("link|lookup|readdir|opendir|getattr")
    with pytest.raises(OSError, match=r"."):
        os.readlink(mount.path / "link")


def test_links_without_checksums_are_read_together_and_once(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    for number in range(100):
        put(session, f"{home}/link {number}", f"target {number}".encode())
        claim(session, f"{home}/link {number}", f"target {number}")
    proxy.delay = 0.02
    mount = mount_through(proxy, OPTION, "--cache-timeout", "0")
    proxy.count()
    assert all(os.path.islink(mount.path / name) for name in os.listdir(mount.path))
    assert proxy.requests[OPEN] == 100
    listing = proxy.flights
    proxy.count()
    assert all(os.path.islink(mount.path / name) for name in os.listdir(mount.path))
    assert proxy.requests[OPEN] == 0
    assert proxy.flights < listing


def test_links_that_lead_out_are_refused_where_that_is_asked_for(make_mount: MakeMount, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("outside")
    maker = make_mount(OPTION)
    (maker.path / "directory").mkdir()
    (maker.path / "inside").write_text("inside")
    foreign = {
        "absolute": str(tmp_path / "outside"),
        "up": "../outside",
        "directory/up": "../../outside",
        "directory/detour": "below/../../outside",
        "slashes": f"//{tmp_path}/outside",
    }
    own = {"directory/link": "../inside", "here": "./inside", "again": "directory/link"}
    for name, target in (foreign | own).items():
        os.symlink(target, maker.path / name)
    assert (maker.path / "absolute").read_text() == "outside"
    mount = make_mount(OPTION, "--foreign-links", "refuse")
    for name in foreign:
        with fails(errno.EACCES):
            os.readlink(mount.path / name)
        with fails(errno.EACCES):
            (mount.path / name).read_text()
        assert os.path.islink(mount.path / name), "it is still listed, and can be removed"
    for name in own:
        assert (mount.path / name).read_text() == "inside"
    (mount.path / "absolute").unlink()


@pytest.mark.parametrize(
    ("path", "target", "stays"),
    [
        ("/z/home/link", "file", True),
        ("/z/home/link", "./a/./b//c", True),
        ("/z/home/link", "", True),
        ("/z/home/link", "..file", True),
        ("/z/home/link", "..", False),
        ("/z/home/link", "./../file", False),
        ("/z/home/link", "/z/home/file", False),
        ("/z/home/a/link", "..", True),
        ("/z/home/a/link", "../../file", False),
        ("/z/home/a/b/link", "../../file", True),
        ("/z/home/a/b/link", ".././../../file", False),
        ("/z/home/a/b/link", "c/../file", False),
        ("/z/home/a/b/link", "../c/..", False),
    ],
)
def test_what_stays_in_the_mount(path: str, target: str, stays: bool) -> None:
    if stays:
        refuse_foreign("/z/home", path, target)
        refuse_foreign("/", path, target)
    else:
        with pytest.raises(PermissionError, match="out of the mount"):
            refuse_foreign("/z/home", path, target)
