"""AVUs travel with files: tools that copy extended attributes carry them without loss."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path

import pytest
from irods.meta import AVUOperation, iRODSMeta
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.proxy import Proxy

GEN_QUERY = 702
ATOMIC_METADATA = 20002
MODIFY_AVU = 706
AVUS = [
    ("instrument", "microscope", ""),
    ("length", "12", "µm"),
    ("author", "first", ""),
    ("author", "second", "role"),
    ("note", "line 1\nline 2\ttab \"quoted\" 'single' <&> \\ \x01", ""),
    ("long", "x" * 2700, ""),
    ("ключ", "数据", "単位"),
]


def run(*command: str | Path) -> str:
    completed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert completed.returncode == 0, f"{command}: {completed.stderr}"
    return completed.stdout


def attach(session: iRODSSession, path: str) -> None:
    operations = [iRODSMeta(*avu[:2], avu[2] or None) for avu in AVUS]
    for meta in operations:
        session.data_objects.get(path).metadata.add(meta)


def avus_of(mount: Mount, name: str) -> dict[str, bytes]:
    path = mount.path / name
    return {attribute: os.getxattr(path, attribute) for attribute in os.listxattr(path)}


@pytest.mark.parametrize("count", [0, 1, 500])
def test_as_many_avus_as_were_set_are_listed_and_read(mount: Mount, count: int) -> None:
    file = mount.path / "file"
    file.write_text("x")
    for number in range(count):
        os.setxattr(file, f"user.a{number:03}", f"v{number}".encode())
    assert avus_of(mount, "file") == {f"user.a{number:03}": f"v{number}".encode() for number in range(count)}


@pytest.mark.parametrize(
    "copy",
    [
        ["cp -a {0}/file {1}/file", "cp -a {1}/file {0}/copy"],
        ["rsync -aX {0}/file {1}/", "mv {1}/file {1}/copy", "rsync -aX {1}/copy {0}/"],
        [
            "tar --xattrs -C {0} -cf {1}/t.tar file",
            "mkdir {1}/out",
            "tar --xattrs --xattrs-include='user.*' -C {1}/out -xf {1}/t.tar",
            "cp -a {1}/out/file {0}/copy",
        ],
    ],
    ids=["cp", "rsync", "tar"],
)
def test_every_avu_survives_the_way_out_of_the_mount_and_back(
    mount: Mount, session: iRODSSession, home: str, copy: list[str], quasi_xml: None
) -> None:
    (mount.path / "file").write_text("content")
    attach(session, f"{home}/file")
    # Extended attributes need a local file system that keeps them, which the one of tmp_path may not be.
    outside = Path("/var/tmp") / f"irodsfs-{os.getpid()}-{Path(home).name}"
    outside.mkdir()
    try:
        for command in copy:
            run("bash", "-c", command.format(mount.path, outside))
    finally:
        run("rm", "-rf", outside)
    copied = session.data_objects.get(f"{home}/copy").metadata.items()
    assert sorted((meta.name, meta.value, meta.units or "") for meta in copied) == sorted(AVUS)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_an_archive_carries_as_many_avus_as_there_are(
    mount: Mount, make_mount: MakeMount, session: iRODSSession, home: str, tmp_path: Path, count: int
) -> None:
    (mount.path / "file").write_text("content")
    avus = [(f"a{number:03}", f"value {number}", f"u{number % 3}" if number % 2 else "") for number in range(count)]
    stored = session.data_objects.get(f"{home}/file").metadata
    stored.apply_atomic_operations(
        *(AVUOperation(operation="add", avu=iRODSMeta(name, value, units or None)) for name, value, units in avus)
    )
    run("tar", "--xattrs", "-C", mount.path, "-cf", tmp_path / "archive.tar", "file")
    (mount.path / "back").mkdir()
    run("tar", "--xattrs", "--xattrs-include=user.*", "-C", mount.path / "back", "-xf", tmp_path / "archive.tar")
    read = json.loads(os.getxattr(make_mount().path / "back/file", "irods.avu"))
    assert [tuple(avu) for avu in read] == avus


def test_what_irods_cannot_hold_is_refused_and_changes_nothing(mount: Mount) -> None:
    mount.expect_log(r"setxattr .* \(EINVAL\)")
    file = mount.path / "file"
    file.write_text("x")
    os.setxattr(file, "user.kept", b"value")
    for value in (b"", b"\xff", b"x" * 2701, b'[["",""]]', b'[["v","' + b"u" * 251 + b'"]]'):
        with fails(errno.EINVAL):
            os.setxattr(file, "user.kept", value)
    assert avus_of(mount, "file") == {"user.kept": b"value"}


def test_create_and_replace_are_told_apart(mount: Mount) -> None:
    file = mount.path / "file"
    file.write_text("x")
    with fails(errno.ENODATA):
        os.setxattr(file, "user.a", b"1", os.XATTR_REPLACE)
    os.setxattr(file, "user.a", b"1", os.XATTR_CREATE)
    with fails(errno.EEXIST):
        os.setxattr(file, "user.a", b"2", os.XATTR_CREATE)
    os.setxattr(file, "user.a", b"3", os.XATTR_REPLACE)
    assert avus_of(mount, "file") == {"user.a": b"3"}


def test_the_order_of_avus_is_kept(mount: Mount, make_mount: MakeMount) -> None:
    names = [f"user.{letter}{Path(mount.collection).name}" for letter in "zbxay"]
    values = json.dumps([[f"{letter}{Path(mount.collection).name}", "u"] for letter in "mckal"])
    file = mount.path / "file"
    file.write_text("x")
    for name in names:
        os.setxattr(file, name, values.encode())
    run("cp", "-a", file, mount.path / "copy")
    for path in (file, mount.path / "copy", make_mount().path / "copy"):
        assert os.listxattr(path) == names
        assert [json.loads(os.getxattr(path, name)) for name in names] == [json.loads(values)] * len(names)


def test_other_namespaces_are_not_supported(mount: Mount) -> None:
    (mount.path / "file").write_text("x")
    for name in ("trusted.x", "security.x"):
        with fails(errno.ENOTSUP):
            os.setxattr(mount.path / "file", name, b"v")


def test_a_change_is_one_request_and_only_the_difference(proxy: Proxy, mount_through: MountThrough) -> None:
    mount = mount_through(proxy, "--cache-timeout", "60")
    file = mount.path / "file"
    file.write_text("x")
    os.setxattr(file, "user.a", b"1")
    proxy.requests.clear()
    for number in range(10):
        os.setxattr(file, "user.a", f"{number}".encode())
        assert os.getxattr(file, "user.a") == f"{number}".encode()
    assert proxy.requests == {MODIFY_AVU: 10, GEN_QUERY: 1}  # what there was before is not asked for
    proxy.requests.clear()
    os.setxattr(file, "user.a", b'[["9", ""], ["10", ""]]')
    assert proxy.requests == {MODIFY_AVU: 1, GEN_QUERY: 1}
    proxy.requests.clear()
    os.setxattr(file, "user.a", b'[["10", ""], ["11", ""], ["12", ""]]')
    assert proxy.requests == {ATOMIC_METADATA: 1, GEN_QUERY: 1}
    assert json.loads(os.getxattr(file, "user.a")) == [["10", ""], ["11", ""], ["12", ""]]


def test_attributes_of_many_objects_cost_requests_by_collection(
    mount: Mount, proxy: Proxy, mount_through: MountThrough
) -> None:
    for count in (10, 100):
        directory = mount.path / f"with{count}"
        directory.mkdir()
        for number in range(count):
            (directory / f"file{number}").write_text("x")
            os.setxattr(directory / f"file{number}", "user.number", str(number).encode())
    other = mount_through(proxy, "--cache-timeout", "60")
    costs = []
    for count in (10, 100):
        proxy.count()
        dumped = run("getfattr", "-R", "-d", other.path / f"with{count}")
        assert dumped.count("user.number=") == count
        assert proxy.requests.total() == proxy.requests[GEN_QUERY]
        costs.append(proxy.requests.total())
    assert costs[1] <= costs[0] <= 12


def test_what_another_client_adds_is_seen_after_the_cache_timeout(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    mount = make_mount("--cache-timeout", "0")
    (mount.path / "file").write_text("x")
    assert os.listxattr(mount.path / "file") == []
    session.data_objects.get(f"{home}/file").metadata.add("new", "value")
    assert os.getxattr(mount.path / "file", "user.new") == b"value"


def test_attributes_of_a_directory_are_those_of_its_collection(mount: Mount, session: iRODSSession, home: str) -> None:
    directory = mount.path / "directory"
    directory.mkdir()
    os.setxattr(directory, "user.project", b"p1")
    (meta,) = session.collections.get(f"{home}/directory").metadata.items()
    assert (meta.name, meta.value, meta.units) == ("project", "p1", None)
    os.removexattr(directory, "user.project")
    assert session.collections.get(f"{home}/directory").metadata.items() == []


def test_an_empty_file_is_made_by_mknod_as_tar_does_before_it_sets_attributes(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    os.mknod(mount.path / "file")
    assert session.data_objects.get(f"{home}/file").size == 0
    with fails(errno.EEXIST):
        os.mknod(mount.path / "file")
    (mount.path / "file").write_text("content")
    assert session.data_objects.get(f"{home}/file").size == len("content")


@pytest.mark.parametrize("value", [b"\0\0\3\0", b"0x20\0\0\3\0\3", b"\xff\xfe", b"latin-\xe9"])
def test_values_of_other_systems_are_refused_without_a_word_to_everybody(make_mount: MakeMount, value: bytes) -> None:
    mount = make_mount("--log-level", "debug")
    file = mount.path / "file"
    file.touch()
    with fails(errno.EINVAL):
        os.setxattr(file, "user.DOSATTRIB", value)
    (line,) = (line for line in mount.log.splitlines() if "BinaryValueError" in line)
    assert " DEBUG " in line
