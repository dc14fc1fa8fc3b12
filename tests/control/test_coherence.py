"""What is changed through the socket is seen through the mount at once, and the other way round."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import httpx
import pytest
from irods.session import iRODSSession

from tests.mounts import Mount

SLOW = """slow {
  for (*i = 0; *i < 300000; *i = *i + 1) { *x = *i * *i; }
  writeLine("stdout", "done");
}
OUTPUT ruleExecOut
"""


@pytest.fixture
def directory(control: httpx.Client, mounted_zone: Mount, home: str) -> Path:
    """The test's own collection through the mount, which another client has made."""
    control.post("/cache/invalidate")
    return mounted_zone.shown(home)


def test_new_changed_moved_and_removed_entries_are_seen_at_once(
    control: httpx.Client, directory: Path, home: str
) -> None:
    assert list(directory.iterdir()) == []
    assert not (directory / "made").exists()
    control.put(f"/collection{home}/made")
    assert (directory / "made").is_dir()
    assert not (directory / "made/file").exists()
    control.post(f"/fileContents{home}/made/file", files={"uploadFile": b"one"})
    assert (directory / "made/file").read_bytes() == b"one"
    control.post(f"/fileContents{home}/made/file", files={"uploadFile": b"longer"})
    assert (directory / "made/file").stat().st_size == 6
    assert (directory / "made/file").read_bytes() == b"longer"
    control.post(f"/collection{home}/made/move", params={"target": f"{home}/moved"})
    assert [entry.name for entry in directory.iterdir()] == ["moved"]
    assert (directory / "moved/file").read_bytes() == b"longer"
    control.delete(f"/dataObject{home}/moved/file")
    assert not (directory / "moved/file").exists()
    control.delete(f"/collection{home}/moved")
    assert list(directory.iterdir()) == []


def test_changed_avus_are_seen_at_once(control: httpx.Client, directory: Path, home: str) -> None:
    (directory / "file").write_bytes(b"")
    assert os.listxattr(directory / "file") == []
    avu = {"metadataEntries": [{"attribute": "color", "value": "red"}]}
    control.put(f"/dataObject{home}/file/metadata", json=avu)
    assert os.getxattr(directory / "file", "user.color") == b"red"
    control.post(f"/dataObject{home}/file/metadata", json=avu)
    assert os.listxattr(directory / "file") == []


def test_what_programs_write_is_seen_through_the_socket_at_once(
    control: httpx.Client, directory: Path, home: str
) -> None:
    (directory / "sub").mkdir()
    (directory / "sub/file").write_bytes(b"written")
    os.setxattr(directory / "sub/file", "user.size", b"7")
    assert control.get(f"/fileContents{home}/sub/file").content == b"written"
    listed = control.get(f"/dataObject{home}/sub/file/metadata").json()["metadataEntries"]
    assert [(each["attribute"], each["value"]) for each in listed] == [("size", "7")]
    (directory / "sub/file").unlink()
    assert control.get(f"/dataObject{home}/sub/file").status_code == 404


def test_invalidating_the_cache_shows_what_others_changed(
    control: httpx.Client, session: iRODSSession, directory: Path, home: str
) -> None:
    assert list(directory.iterdir()) == []
    session.collections.create(f"{home}/other")
    assert control.post("/cache/invalidate", params={"path": home}).status_code == 204
    assert [entry.name for entry in directory.iterdir()] == ["other"]


def test_slow_rules_delay_neither_the_file_system_nor_other_requests(control: httpx.Client, directory: Path) -> None:
    answers: list[httpx.Response] = []
    slow = [
        threading.Thread(target=lambda: answers.append(control.post("/rule", json={"ruleAsOriginalText": SLOW})))
        for _ in range(2)
    ]
    for thread in slow:
        thread.start()
    for number in range(5):
        (directory / f"file{number}").write_bytes(b"x")
    assert control.get("/server").status_code == 200
    assert answers == [], "the rules ended before the files were written: they are not slow"
    for thread in slow:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
