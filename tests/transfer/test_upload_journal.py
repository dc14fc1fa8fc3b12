from __future__ import annotations

import logging
from pathlib import Path

import pytest

from irodsfs.transfer.spool_entry import Description, Sender
from irodsfs.transfer.upload_journal import UploadJournal, claim_abandoned, read_entry
from irodsfs.transfer.versions import digest

SENDER = Sender(host="h", port=1247, zone="z", user="a")


def described(content: bytes) -> Description:
    return Description(path="/z/file", size=len(content), sender=SENDER, digest=digest(content).hex())


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir(mode=0o700)
    return tmp_path / "spool"


def test_what_a_mount_keeps_is_its_own_while_it_lives(spool: Path) -> None:
    journal = UploadJournal(spool)
    entry = journal.put(described(b"con\ntent"), b"con\ntent")
    assert entry.read(0, 100).startswith(b"con\ntent")
    assert UploadJournal(spool).adopt() == []
    assert claim_abandoned(spool / "waiting") == []
    journal.leave()
    next_one = UploadJournal(spool)
    assert [each.description for each in next_one.adopt()] == [entry.description]
    assert UploadJournal(spool).adopt() == [], "one has it by now"
    next_one.leave()


def test_nothing_is_left_of_what_is_empty(spool: Path) -> None:
    journal = UploadJournal(spool)
    journal.put(described(b"content"), b"content").discard()
    journal.leave()
    assert list((spool / "waiting").iterdir()) == []


def test_entries_come_in_the_order_in_which_they_were_closed(spool: Path) -> None:
    journal = UploadJournal(spool)
    contents = [bytes([65 + number]) for number in range(10)]
    for content in contents:
        journal.put(described(content), content)
    journal.leave()
    after = UploadJournal(spool)
    assert [each.read(0, 1) for each in after.adopt()] == contents
    after.leave()


def test_what_was_not_written_to_its_end_was_promised_to_nobody(spool: Path) -> None:
    journal = UploadJournal(spool)
    entry = journal.put(described(b"content"), b"content")
    (entry.file.parent / "1-x.part").write_bytes(b"cont")
    journal.leave()
    (claim,) = claim_abandoned(spool / "waiting")
    assert [each.file for each in claim.entries()] == [entry.file]
    assert not (entry.file.parent / "1-x.part").exists()
    claim.leave()


def test_an_entry_that_was_changed_is_left_alone(spool: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = UploadJournal(spool)
    entry = journal.put(described(b"content"), b"content")
    journal.leave()
    entry.file.write_bytes(entry.file.read_bytes().replace(b"content", b"CONTENT", 1))
    with caplog.at_level(logging.WARNING):
        assert read_entry(entry.file) is None
    assert "is damaged, and is left alone" in caplog.text


def test_what_is_no_directory_is_left_alone(spool: Path, caplog: pytest.LogCaptureFixture) -> None:
    (spool / "waiting").mkdir(mode=0o700)
    (spool / "waiting" / "file").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert claim_abandoned(spool / "waiting") == []
    assert "is left alone" in caplog.text
