"""What a rule writes: to its stdout and stderr, which go back to the client, or to the server's log."""

from __future__ import annotations

import base64

from irodsfs.sandbox.protocol.wire import Struct

SPARE = 5 * 1088


class Buffer:
    """Text in a buffer that grows as the server's does; its length is part of the answer."""

    def __init__(self) -> None:
        self.text = b""
        self.length = 0

    def append(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape").split(b"\0")[0]
        if self.length == 0 or len(self.text) + len(data) >= self.length:
            self.length = len(self.text) + len(data) + 1 + SPARE
        self.text += data

    def struct(self) -> Struct:
        """A BinBytesBuf_PI of the text, filled up with NULs."""
        if not self.length:
            return Struct("BinBytesBuf_PI", ("buflen", 0))
        content = base64.b64encode(self.text.ljust(self.length, b"\0")).decode()
        return Struct("BinBytesBuf_PI", ("buflen", self.length), ("buf", content))


class Output:
    """Both buffers of a run."""

    def __init__(self) -> None:
        self.buffers = {"stdout": Buffer(), "stderr": Buffer()}
        self.is_written = False

    def write(self, target: str, text: str) -> None:
        """Appends to ``stdout`` or ``stderr``."""
        self.is_written = True
        self.buffers[target].append(text)

    def text(self, target: str) -> str:
        return self.buffers[target].text.decode("utf-8", "surrogateescape")

    def struct(self) -> Struct:
        """An ExecCmdOut_PI."""
        return Struct(
            "ExecCmdOut_PI",
            *(("BinBytesBuf_PI", buffer.struct()) for buffer in self.buffers.values()),
            ("status", 0),
        )
