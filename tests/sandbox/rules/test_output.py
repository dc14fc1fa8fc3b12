from __future__ import annotations

import base64

from irodsfs.sandbox.rules.output import Buffer, Output


def test_a_buffer_has_room_to_spare_as_the_server_s_has() -> None:
    buffer = Buffer()
    buffer.append("Hello, world!")
    buffer.append("\n")
    assert buffer.struct().integer("buflen") == 5454
    content = base64.b64decode(buffer.struct().text("buf"))
    assert len(content) == 5454
    assert content.rstrip(b"\0") == b"Hello, world!\n"


def test_a_buffer_grows_when_it_is_full() -> None:
    buffer = Buffer()
    buffer.append("x" * 10)
    buffer.append("y" * 5441)
    assert buffer.length == 10 + 5441 + 1 + 5440
    assert buffer.text == b"x" * 10 + b"y" * 5441


def test_what_was_never_written_has_no_buffer() -> None:
    output = Output()
    output.write("stdout", "x")
    stdout, stderr = output.struct().structs("BinBytesBuf_PI")
    assert stdout.text("buf")
    assert (stderr.integer("buflen"), stderr.texts("buf")) == (0, [])
