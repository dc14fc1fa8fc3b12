"""With `--posix-attributes`, permission bits and symbolic links are kept, so that round trips are faithful."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.proxy import Proxy

OPTION = "--posix-attributes"
MODIFY_METADATA = 706
PATIENCE = 60
"""Seconds in which what is promised must have happened."""


@pytest.fixture
def mount(make_mount: MakeMount) -> Mount:
    return make_mount(OPTION)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    completed = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert completed.returncode == 0, f"{command}: {completed.stderr}"
    return completed.stdout


def mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def described(tree: Path) -> dict[str, tuple[int, str | bytes | None]]:
    """Mode and content, or what a link names, of everything below a directory."""
    return {
        str(path.relative_to(tree)): (
            path.lstat().st_mode,
            os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None,
        )
        for path in tree.rglob("*")
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A local tree with modes and links of all kinds."""
    root = tmp_path / "tree"
    (root / "bin").mkdir(parents=True)
    (root / "private").mkdir(mode=0o700)
    (root / "plain").write_text("plain\n")
    for name, bits in [("bin/tool", 0o755), ("bin/secret", 0o600), ("private/kept", 0o444), ("bin/odd", 0o751)]:
        (root / name).write_text(f"#!/bin/sh\necho {name}\n")
        (root / name).chmod(bits)
    (root / "link").symlink_to("bin/tool")
    (root / "private/up").symlink_to("../plain")
    (root / "dangling").symlink_to("no/such/größe")
    (root / "directory").symlink_to("bin")
    return root


def test_modes_are_kept_and_seen_by_other_mounts(mount: Mount, make_mount: MakeMount) -> None:
    (mount.path / "file").write_text("#!/bin/sh\necho ran\n")
    (mount.path / "file").chmod(0o750)
    (mount.path / "directory").mkdir(mode=0o700)
    os.close(os.open(mount.path / "secret", os.O_CREAT | os.O_WRONLY, 0o600))
    other = make_mount(OPTION)
    for path in (mount.path, other.path):
        assert [mode(path / name) for name in ("file", "directory", "secret")] == [0o750, 0o700, 0o600]
        assert run(path / "file") == "ran\n"
        assert os.access(path / "file", os.X_OK)
        assert not os.access(path / "secret", os.X_OK)


def test_the_mode_of_a_file_that_is_being_written_goes_with_it(mount: Mount, make_mount: MakeMount) -> None:
    with (mount.path / "file").open("w") as file:
        file.write("content")
        os.fchmod(file.fileno(), 0o711)
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o711
    assert mode(make_mount(OPTION).path / "file") == 0o711


def test_links_are_links_for_other_mounts_and_texts_for_other_clients(
    mount: Mount, make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    (mount.path / "target").write_text("content")
    (mount.path / "link").symlink_to("target")
    for path in (mount.path, make_mount(OPTION).path):
        assert os.readlink(path / "link") == "target"
        assert (path / "link").read_text() == "content"
        assert (path / "link").lstat().st_size == len("target")
    with session.data_objects.open(f"{home}/link", "r") as stored:
        assert stored.read() == b"target"
    (meta,) = session.data_objects.get(f"{home}/link").metadata.items()
    assert (meta.name, meta.value) == ("irodsfs::symlink", "target")
    (mount.path / "link").unlink()
    assert os.listdir(mount.path) == ["target"]


@pytest.mark.parametrize("left", [{"renamed": 0o600}, {}], ids=["renamed", "unlinked"])
def test_a_mode_follows_a_file_that_loses_its_name_before_the_mode_is_kept(
    mount_through: MountThrough, make_mount: MakeMount, proxy: Proxy, left: dict[str, int]
) -> None:
    mount = mount_through(proxy, OPTION)
    stall = proxy.stall_at(MODIFY_METADATA)
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY, 0o600)
    with ThreadPoolExecutor() as pool:
        closing = pool.submit(os.close, descriptor)
        try:
            assert stall.reached.wait(PATIENCE)
            for name in left:
                os.rename(mount.path / "file", mount.path / name)
            if not left:
                os.unlink(mount.path / "file")
        finally:
            stall.release()
        closing.result(PATIENCE)
    there = make_mount(OPTION).path
    assert {name: mode(there / name) for name in os.listdir(there)} == left


def test_links_that_no_avu_holds_are_refused(mount: Mount) -> None:
    mount.expect_log(r"symlink .* \(EINVAL\)")
    with fails(errno.ENAMETOOLONG):
        os.symlink("t" * 2701, mount.path / "long")
    with fails(errno.EINVAL):
        os.symlink(b"\xff", os.fsencode(mount.path / "latin"))
    assert os.listdir(mount.path) == []
    os.symlink("t" * 2700, mount.path / "longest")
    assert os.readlink(mount.path / "longest") == "t" * 2700


def test_without_the_option_nothing_is_kept(make_mount: MakeMount) -> None:
    mount = make_mount()
    (mount.path / "file").write_text("x")
    (mount.path / "file").chmod(0o755)
    assert mode(mount.path / "file") == 0o644
    assert os.listxattr(mount.path / "file") == []
    with fails(errno.EPERM):
        os.symlink("file", mount.path / "link")


def test_what_is_kept_is_no_attribute_of_users(mount: Mount, make_mount: MakeMount) -> None:
    file = mount.path / "file"
    file.write_text("x")
    file.chmod(0o755)
    assert os.listxattr(file) == []
    assert json.loads(os.getxattr(file, "irods.avu")) == []
    with fails(errno.ENODATA):
        os.getxattr(file, "user.irodsfs::mode")
    with fails(errno.EPERM):
        os.setxattr(file, "user.irodsfs::mode", b"0644")
    os.setxattr(file, "irods.avu", b'[["own","1",""]]')
    os.setxattr(file, "irods.avu", b"[]")
    assert mode(file) == 0o755
    assert os.getxattr(make_mount().path / "file", "user.irodsfs::mode") == b"0755"


def test_modes_and_links_come_in_the_flight_of_the_listing(
    proxy: Proxy, mount_through: MountThrough, make_mount: MakeMount
) -> None:
    mount = make_mount(OPTION)
    for number in range(20):
        (mount.path / f"file{number}").touch(mode=0o755)
        (mount.path / f"link{number}").symlink_to(f"file{number}")
    other = mount_through(proxy, OPTION, "--cache-timeout", "60")
    with proxy.counting_flights():
        listed = run("ls", "-l", other.path)
    assert proxy.flights == 1
    assert listed.count("-rwxr-xr-x") == 20
    assert listed.count(" -> file") == 20


def test_a_changed_mode_is_one_request_and_what_is_new_is_made_before_it_gets_attributes(
    proxy: Proxy, mount_through: MountThrough
) -> None:
    mount = mount_through(proxy, OPTION, "--cache-timeout", "60")
    (mount.path / "file").write_text("x")
    requests = proxy.count()
    (mount.path / "file").chmod(0o755)
    (mount.path / "file").chmod(0o755)
    assert requests == {MODIFY_METADATA: 1}
    with proxy.counting_flights():
        (mount.path / "link").symlink_to("file")
    assert proxy.flights == 3  # the line is proven first, as nothing of this can be sent twice
    with proxy.counting_flights():
        (mount.path / "directory").mkdir(mode=0o700)
    assert proxy.flights == 2


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (["rsync", "-a", "{0}/", "{1}/"], ["rsync", "-a", "{1}/", "{2}/"]),
        (["cp", "-a", "{0}/.", "{1}/"], ["cp", "-a", "{1}/.", "{2}/"]),
        (
            ["bash", "-c", "tar -C {0} -cf {1}/t.tar . && tar -C {1} -xpf {1}/t.tar && rm {1}/t.tar"],
            ["bash", "-c", "tar -C {1} -c . | tar -C {2} -xp"],
        ),
    ],
    ids=["rsync", "cp", "tar"],
)
def test_trees_survive_the_round_trip(
    mount: Mount, make_mount: MakeMount, tree: Path, tmp_path: Path, there: list[str], back: list[str]
) -> None:
    (mount.path / "copy").mkdir()
    (tmp_path / "back").mkdir()
    other = make_mount(OPTION)
    run(*[part.format(tree, mount.path / "copy") for part in there])
    assert described(mount.path / "copy") == described(tree)
    run(*[part.format(tree, other.path / "copy", tmp_path / "back") for part in back])
    assert described(tmp_path / "back") == described(tree)


def test_rsync_finds_nothing_left_to_do(mount: Mount, tree: Path) -> None:
    run("rsync", "-a", f"{tree}/", f"{mount.path}/copy/")
    assert run("rsync", "-ai", "--dry-run", f"{tree}/", f"{mount.path}/copy/") == ""


def test_git_keeps_links_and_executable_files(mount: Mount, tree: Path, tmp_path: Path) -> None:
    identity = ["-c", "user.name=u", "-c", "user.email=u@example.org", "-c", "init.defaultBranch=main"]
    work = mount.path / "work"
    run("cp", "-a", tree, work)
    run("git", *identity, "init", "-q", work)
    assert run("git", "-C", work, "config", "core.filemode").strip() == "true"
    run("git", *identity, "-C", work, "add", ".")
    run("git", *identity, "-C", work, "commit", "-q", "-m", "first")
    assert run("git", "-C", work, "status", "--porcelain") == ""
    staged = run("git", "-C", work, "ls-files", "--stage", "-z")
    assert {line.split("\t")[1]: line[:6] for line in staged.split("\0") if line}["link"] == "120000"
    run("git", "clone", "-q", work, mount.path / "clone")
    assert os.readlink(mount.path / "clone/link") == "bin/tool"
    assert os.access(mount.path / "clone/bin/tool", os.X_OK)
    assert run("git", "-C", mount.path / "clone", "status", "--porcelain") == ""
    run("git", "clone", "-q", mount.path / "clone", tmp_path / "local")
    assert os.readlink(tmp_path / "local/dangling") == "no/such/größe"
    run("git", "-C", work, "fsck", "--strict")


def test_saving_a_file_keeps_its_mode_and_its_metadata(mount: Mount) -> None:
    tool = mount.path / "tool"
    tool.write_text("echo old\n")
    tool.chmod(0o755)
    os.setxattr(tool, "user.project", b"p1")
    run("sed", "-i", "s/old/new/", tool)
    assert (mode(tool), os.getxattr(tool, "user.project"), tool.read_text()) == (0o755, b"p1", "echo new\n")


def test_a_link_and_a_file_replace_each_other_without_taking_anything_over(mount: Mount) -> None:
    link, file = mount.path / "link", mount.path / "file"
    link.symlink_to("nowhere")
    file.write_text("content")
    os.setxattr(file, "user.project", b"p1")
    link.replace(file)
    assert os.readlink(file) == "nowhere"
    link.write_text("now a file")
    link.replace(file)
    assert not file.is_symlink()
    assert file.read_text() == "now a file"
    assert os.listxattr(file) == []
