from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from irodsfs.transfer.flights import Patch
from irodsfs.transfer.spool_entry import (
    Description,
    Sender,
    SpoolEntry,
    described_in,
    new_name,
    save,
    save_description,
)
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import digest

SENDER = Sender(host="h", port=1247, zone="z", user="a")
DESCRIPTION = Description(path="/z/file", size=7, sender=SENDER, ranges=[(0, 7)], digest=digest(b"content").hex())


@pytest.fixture
def entry(tmp_path: Path) -> SpoolEntry:
    file = tmp_path / new_name()
    save(file, b"con", b"tent")
    save_description(file, DESCRIPTION)
    return SpoolEntry(file, DESCRIPTION)


def test_names_sort_by_when_they_were_made() -> None:
    names = [new_name() for _ in range(100)]
    assert names == sorted(names)
    assert len(set(names)) == 100


def test_what_is_described_is_found_again(entry: SpoolEntry, tmp_path: Path) -> None:
    assert list(described_in(tmp_path)) == [entry]
    assert b"".join(chunk for patch in entry.patches() for chunk in patch.chunks()) == b"content"
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    entry.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_description_knows_its_content() -> None:
    assert DESCRIPTION.is_of(b"content")
    assert not DESCRIPTION.is_of(b"CONTENT")
    assert not DESCRIPTION.is_of(b"content, and more")
    due = Upload("/z/file", [Patch(3, 5, lambda offset, size: b"")], 9, cut=4)
    changed = DESCRIPTION.of(due)
    assert (changed.ranges, changed.size, changed.replace, changed.cut) == ([(3, 5)], 9, False, 4)


def test_one_at_a_time_has_an_entry(entry: SpoolEntry) -> None:
    with entry.claimed():
        with pytest.raises(BlockingIOError), entry.claimed():
            raise AssertionError("two had it")
        entry.discard()
    with pytest.raises(FileNotFoundError), entry.claimed():
        raise AssertionError("it was not there any more")


@pytest.mark.parametrize("text", [b"", b"{}", b'{"path": 1}', b"\xff"])
def test_what_is_damaged_is_left_alone(
    entry: SpoolEntry, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: bytes
) -> None:
    described = entry.file.with_name(f"{entry.file.name}.json")
    described.write_bytes(text)
    with caplog.at_level(logging.WARNING):
        assert list(described_in(tmp_path)) == []
    assert "is damaged, and is left alone" in caplog.text
    assert entry.file.read_bytes() == b"content"


def test_what_others_could_have_written_is_left_alone(entry: SpoolEntry, tmp_path: Path) -> None:
    entry.file.chmod(0o666)
    assert list(described_in(tmp_path)) == []


def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    save(tmp_path / "file", b"first")
    (tmp_path / "other.part").write_bytes(b"somebody else's")
    with pytest.raises(FileExistsError):
        save(tmp_path / "other", b"content")
    assert not (tmp_path / "other").exists()
