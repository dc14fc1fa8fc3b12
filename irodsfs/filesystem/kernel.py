"""What the file system tells a kernel that keeps names, sizes and content by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Kernel(Protocol):
    """Forgets what it keeps of inodes, by their numbers; what it has forgotten already is no error."""

    def forget_name(self, parent: int, name: bytes) -> None:
        """Look a name in a directory up anew, soon after this."""

    def forget_attributes(self, number: int) -> None:
        """Ask for size and times anew; waits for nothing."""

    def forget_inodes(self, numbers: Sequence[int]) -> None:
        """Ask for attributes and content anew. Blocks until the kernel has got answers: call it in a thread."""


class NoKernel:
    """Keeps nothing, as where no kernel is."""

    def forget_name(self, parent: int, name: bytes) -> None:
        pass

    def forget_attributes(self, number: int) -> None:
        pass

    def forget_inodes(self, numbers: Sequence[int]) -> None:
        pass
