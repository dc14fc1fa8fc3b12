from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from tests.sandbox.conformance.recording import read


def line(connection: int, direction: str, int_info: int = 702, **changed: str) -> str:
    kind = "RODS_API_REQ" if direction == "request" else "RODS_API_REPLY"
    message = {"label": "step", "conn": connection, "dir": direction, "type": kind, "int_info": int_info}
    return json.dumps(message | {"msg": "", "error": "", "bs": "", "bs_len": 0} | changed)


def kinds(path: Path, *lines: str) -> list[tuple[int, str]]:
    recording = path / "recording.jsonl"
    recording.write_text("\n".join(lines))
    return [(event.connection, event.kind) for event in read(recording)]


def test_a_connection_that_ends_with_a_reply_was_hung_up(tmp_path: Path) -> None:
    lines = [line(1, "request"), line(1, "reply"), line(2, "request", type="RODS_DISCONNECT")]
    assert kinds(tmp_path, *lines) == [(1, "request"), (1, "reply"), (1, "hangup"), (2, "request")]


def test_a_request_without_reply_was_answered_by_closing(tmp_path: Path) -> None:
    assert kinds(tmp_path, line(1, "request")) == [(1, "request"), (1, "closed")]


def test_a_question_asked_again_waits_for_the_hang_up_to_show(tmp_path: Path) -> None:
    lines = [line(1, "request"), line(1, "reply"), *[line(2, "request", msg="q"), line(2, "reply")] * 2]
    lines.append(line(2, "request", type="RODS_DISCONNECT"))
    assert kinds(tmp_path, *lines)[4] == (1, "hangup")


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text("{}")
    with pytest.raises(ValueError, match=r"recording\.jsonl is no recording"):
        read(recording)


def test_what_is_not_compressed_as_its_name_says_is_named(tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl.xz"
    recording.write_text(line(1, "request"))
    with pytest.raises(ValueError, match=r"recording\.jsonl\.xz is no recording"):
        read(recording)


def test_a_compressed_recording_is_read_as_one_that_is_not(tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl.xz"
    recording.write_bytes(lzma.compress(line(1, "request").encode()))
    assert [event.kind for event in read(recording)] == ["request", "closed"]
