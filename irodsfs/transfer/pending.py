"""What was changed of an open data object and is not in the zone yet."""

from __future__ import annotations

from irodsfs.transfer.extents import Extents, Range


class Pending:
    """Changes since the zone and this mount agreed last: sizes and offsets in bytes, `touch` in seconds since 1970.

    `replaces`: all bytes are here, and nothing that the zone has is to be kept, as this mount made the object, or a
    program emptied it. Otherwise the object is cut to `cut` bytes, where given, before `written` ranges go into it.
    """

    def __init__(self) -> None:
        self.written = Extents()
        self.replaces = False
        self.cut: int | None = None
        self.touch: int | None = None
        self._only_appended: bool | None = None

    def __bool__(self) -> bool:
        return self.replaces or bool(self.written) or self.cut is not None or self.touch is not None

    @property
    def is_appended(self) -> bool:
        """Everything was written by programs that asked to append, so it may follow whatever is in the zone."""
        return self._only_appended is True

    @property
    def is_untouched(self) -> bool:
        """No program has written anything: the object was made, or its time set."""
        return self._only_appended is None

    def write(self, start: int, end: int, *, appends: bool) -> None:
        self.written.add(start, end)
        self._only_appended = appends and self._only_appended is not False

    def resize(self, size: int, stored: int) -> None:
        """Cut, or extended with zeros, to `size`; the zone holds `stored` bytes."""
        self.written.cut(size)
        self._only_appended = False
        if size < stored:
            self.cut = size if self.cut is None else min(self.cut, size)

    def start_over(self) -> None:
        """Nothing of what was there is to be kept."""
        self.written.clear()
        self._only_appended = None
        self.replaces = True
        self.cut = None

    def replace_all(self, size: int) -> None:
        """All `size` bytes that are here are to be all that the zone has."""
        self.start_over()
        self.write(0, size, appends=False)

    def ranges(self, size: int, stored: int) -> list[Range]:
        """What must be written to make an object of `stored` bytes what it is here, `size` bytes long.

        What was added as zeros comes by itself when its last byte is written.
        """
        ranges = list(self.written)
        end = max([stored, *(end for _, end in ranges)])
        return ranges if end >= size else [*ranges, (size - 1, size)]

    def streamed(self, rewritten: Extents, position: int) -> None:
        """A stream has brought everything up to `position`, but for what was `rewritten` behind its back."""
        later = [(start, end) for start, end in self.written if end > position]
        self.written = rewritten
        for start, end in later:
            self.written.add(max(start, position), end)
        self.replaces = False
