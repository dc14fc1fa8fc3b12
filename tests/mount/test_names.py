"""Every name that iRODS can hold makes the round trip; the others get the errno that says what is wrong."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.proxy import Proxy

OPEN, MAKE_COLLECTION, RENAME = (
    api_number[f"{name}_AN"] for name in ("DATA_OBJ_OPEN", "COLL_CREATE", "DATA_OBJ_RENAME")
)

NAMES = {
    "spaces": "two  words",
    "leading space": " leading",
    "trailing space": "trailing ",
    "only a space": " ",
    "quotes": """it's "quoted" `twice`""",
    "double single quotes": "''",
    "wildcards": "100%_sure*?[a-z]",
    "escapes": r"back\slash\%\_",
    "trailing backslash": "trailing\\",
    "markup": "<a href='x'>&amp;<b>&#10;&",
    "shell": "$(reboot);|>x&&y||z{a,b}~!#",
    "logic": "this && that || none",
    "newline": "one\ntwo",
    "carriage return": "one\rtwo\r\n",
    "tab": "one\ttwo",
    "control characters": "bell\x07escape\x1bdelete\x7fone\x01",
    "emoji": "🐍 and 👩‍👩‍👧",
    "composed": "é",
    "decomposed": "e\u0301",
    "other scripts": "文件 файл ملف",
    "line separators": "a\u2028b\u0085c",
    "leading dash": "-rf",
    "leading dots": "...",
    "hidden": ".hidden",
    "255 bytes": "n" * 255,
    "255 bytes in two-byte letters": "é" * 127 + "x",
    "not a number": "NaN",
    "braces": "{}[]()",
    "equals": "a=b,c:d",
}


def test_names_survive_the_round_trip(mount: Mount, session: iRODSSession, home: str, quasi_xml: None) -> None:
    for name in NAMES.values():
        (mount.path / name).write_bytes(name.encode())
    assert sorted(os.listdir(mount.path)) == sorted(NAMES.values())
    for name in NAMES.values():
        assert (mount.path / name).read_bytes() == name.encode()
    assert sorted(each.name for each in session.collections.get(home).data_objects) == sorted(NAMES.values())


def test_names_that_another_client_made_are_shown_and_read(
    mount: Mount, session: iRODSSession, home: str, quasi_xml: None
) -> None:
    for name in NAMES.values():
        with session.data_objects.open(f"{home}/{name}", "w") as stream:
            stream.write(name.encode())
    assert sorted(os.listdir(mount.path)) == sorted(NAMES.values())
    assert {name: (mount.path / name).read_bytes().decode() for name in NAMES.values()} == {
        name: name for name in NAMES.values()
    }


def test_every_call_takes_the_name(mount: Mount) -> None:
    for name in NAMES.values():
        directory = mount.path / name
        directory.mkdir()
        file = directory / name
        file.write_text("content")
        os.setxattr(file, "user.key", b"value")
        assert os.getxattr(file, "user.key") == b"value", name
        os.truncate(file, 3)
        os.rename(file, mount.path / "plain")
        os.rename(mount.path / "plain", file)
        with file.open("a") as appended:
            appended.write("!")
        os.utime(file, (1_000_000_000, 1_000_000_000))
        assert file.stat().st_mtime == 1_000_000_000, name
        assert os.listdir(directory) == [name]
        assert file.read_text() == "con!", name
        file.unlink()
        assert os.listdir(directory) == [], name
        directory.rmdir()
        assert not directory.exists(), name


def test_tools_take_hostile_names(mount: Mount, tmp_path: Path) -> None:
    source = tmp_path / "tree"
    source.mkdir()
    for name in NAMES.values():
        (source / name).mkdir()
        (source / name / name).write_text(name)
    for command in (
        ["cp", "-r", source, mount.path / "copied"],
        ["diff", "-r", source, mount.path / "copied"],
        ["tar", "-cf", mount.path / "archive", "-C", mount.path, "copied"],
        ["tar", "-xf", mount.path / "archive", "-C", mount.path, "--transform", "s/^copied/extracted/"],
        ["diff", "-r", source, mount.path / "extracted"],
        ["rm", "-r", mount.path / "copied", mount.path / "extracted"],
    ):
        completed = subprocess.run(command, check=False, capture_output=True, timeout=60)
        assert completed.returncode == 0, (command, completed.stdout, completed.stderr)
    assert os.listdir(mount.path) == ["archive"]


def test_names_that_are_too_long_are_refused(mount: Mount) -> None:
    existing = mount.path / "existing"
    existing.touch()
    for name in ("n" * 256, "é" * 128):
        for call in (
            lambda path: path.touch(),
            lambda path: path.mkdir(),
            lambda path: path.stat(),
            lambda path: existing.rename(path),
        ):
            with pytest.raises(OSError, match="File name too long") as refused:
                call(mount.path / name)
            assert refused.value.errno == errno.ENAMETOOLONG
    assert os.listdir(mount.path) == ["existing"]


def test_paths_that_are_too_long_for_irods_are_refused(mount: Mount, home: str) -> None:
    directory = mount.path
    while len(str(directory)) - len(str(mount.path)) + len(home) + 201 <= 1023:
        directory = directory / ("d" * 200)
        directory.mkdir()
    with pytest.raises(OSError, match="File name too long"):
        (directory / ("d" * 200)).mkdir()
    with pytest.raises(OSError, match="File name too long"):
        (directory / ("d" * 200)).touch()
    assert os.listdir(directory) == []


def test_names_that_are_not_utf8_are_missing_and_can_not_be_made(mount: Mount) -> None:
    mount.expect_log(r"(mkdir|create|rename) .* \(EINVAL\)")
    existing = mount.path / "existing"
    existing.touch()
    name = os.fsencode(mount.path) + b"/latin-\xe9"
    for call in (
        lambda: os.mkdir(name),
        lambda: os.close(os.open(name, os.O_CREAT | os.O_WRONLY)),
        lambda: os.rename(existing, name),
    ):
        with pytest.raises(OSError, match="Invalid argument"):
            call()
    for call in (
        lambda: os.stat(name),
        lambda: os.close(os.open(name, os.O_RDONLY)),
        lambda: os.unlink(name),
        lambda: os.rmdir(name),
        lambda: os.rename(name, existing),
    ):
        with pytest.raises(FileNotFoundError):
            call()
    assert os.listdir(mount.path) == ["existing"]


def test_names_that_differ_in_form_only_are_different_files(mount: Mount) -> None:
    for name in ("é", "e\u0301", "Name", "name", "a_b", "axb", "a%b", "name "):
        (mount.path / name).write_text(name)
    for name in ("é", "e\u0301", "Name", "name", "a_b", "axb", "a%b", "name "):
        assert (mount.path / name).read_text() == name
    (mount.path / "a_b").unlink()
    assert (mount.path / "axb").exists()


@pytest.mark.parametrize("name", ["it's && that's", "it's || none", "a && b's", "it's||x", "'a' && b"])
def test_names_that_servers_take_for_conditions_are_refused_at_once(
    proxy: Proxy, mount_through: MountThrough, name: str
) -> None:
    mount = mount_through(proxy, "--posix-attributes")
    mount.expect_log(r"can't hold a name in which ' is together with && or \|\|")
    existing, directory = mount.path / "existing", mount.path / "directory"
    existing.touch()
    directory.mkdir()
    requests = proxy.count()
    path = mount.path / name
    for call in (
        lambda: path.touch(),
        lambda: path.mkdir(),
        lambda: path.symlink_to("existing"),
        lambda: os.mknod(path),
        lambda: existing.rename(path),
        lambda: directory.rename(path),
    ):
        with fails(errno.EINVAL):
            call()
    assert not path.exists()
    assert sorted(os.listdir(mount.path)) == ["directory", "existing"]
    assert requests[OPEN] + requests[MAKE_COLLECTION] + requests[RENAME] == 0


def test_a_collection_can_not_have_operators_behind_a_quote_further_up(mount: Mount) -> None:
    mount.expect_log(r"can't hold a collection in whose path ' comes before && or \|\|")
    parent = mount.path / "it's"
    parent.mkdir()
    (parent / "a && b").write_bytes(b"content")
    assert (parent / "a && b").read_bytes() == b"content"
    (mount.path / "directory").mkdir()
    for call in (lambda: (parent / "c && d").mkdir(), lambda: (mount.path / "directory").rename(parent / "c && d")):
        with fails(errno.EINVAL):
            call()
    assert os.listdir(parent) == ["a && b"]
