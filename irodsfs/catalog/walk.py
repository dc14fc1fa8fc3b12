"""Recognising that a tree is walked, from the collections that are listed one after the other."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from cachetools import TTLCache

REMEMBERED = 10_000
SECOND_CHILD = 2
"""Listings of children of one collection that make it likely that its other children will be listed, too."""

AT_ONCE = 1.0
"""Seconds within which only a program lists a collection and then one in it: it is likely to go on to the others."""

WALK = 4
"""Listings below one collection that make it likely that everything below it will be listed."""

SIBLING_PATHS = 6_000
"""Characters that the paths in one condition may have: the server keeps them in a buffer of its own."""

FEWER = 4
"""How many times fewer siblings are listed together when they were too many."""

TOO_LARGE_FOR = 600.0
"""Seconds for which a subtree that was too large is not tried again."""


class Walk:
    """Counts what is listed below each collection in `root` for as long as listings are cached."""

    def __init__(self, root: str, time_to_live: float, clock: Callable[[], float]) -> None:
        self._root = root
        self._children: TTLCache[str, int] = TTLCache(REMEMBERED, time_to_live, clock)
        self._below: TTLCache[str, int] = TTLCache(REMEMBERED, time_to_live, clock)
        self._just_listed: TTLCache[str, None] = TTLCache(REMEMBERED, min(AT_ONCE, time_to_live), clock)
        # A walk that goes on at once when what was fetched is too old need not be recognised again.
        self._fetched: TTLCache[str, None] = TTLCache(REMEMBERED, time_to_live + AT_ONCE, clock)
        self._too_large: TTLCache[str, None] = TTLCache(REMEMBERED, TOO_LARGE_FOR, clock)
        self._siblings: TTLCache[str, int] = TTLCache(REMEMBERED, TOO_LARGE_FOR, clock)

    def listed(self, path: str) -> None:
        """A collection had to be listed."""
        parent = posixpath.dirname(path)
        self._just_listed[path] = None
        self._children[parent] = self._children.get(parent, 0) + 1
        for ancestor in self._ancestors(path):
            self._below[ancestor] = self._below.get(ancestor, 0) + 1

    def goes_over_siblings(self, path: str) -> bool:
        """True when the siblings of a collection are likely to be listed next."""
        parent = posixpath.dirname(path)
        if parent == "/":
            return False  # each zone has a server of its own, which may be slow or away
        return parent in self._just_listed or self._children.get(parent, 0) >= SECOND_CHILD

    def top(self, path: str) -> str | None:
        """The highest collection above `path` whose whole subtree is likely to be listed."""
        return next(
            (
                ancestor
                for ancestor in reversed(list(self._ancestors(path)))
                if self._is_walked(ancestor) and ancestor not in self._too_large
            ),
            None,
        )

    def fetched(self, path: str) -> None:
        """The subtree of a collection was fetched."""
        self._fetched[path] = None

    def is_too_large(self, path: str) -> None:
        """A subtree can't be fetched at once, or has more entries than that is worth."""
        self._too_large[path] = None

    def goes_on_in(self, path: str) -> bool:
        """True when a collection was part of a subtree that was fetched, of which nothing is valid any more."""
        return any(ancestor in self._fetched for ancestor in self._ancestors(path))

    def siblings(self, path: str) -> int:
        """How many characters the paths of collections may have that are listed together with one beside them."""
        return self._siblings.get(posixpath.dirname(path), SIBLING_PATHS)

    def too_many_siblings(self, path: str) -> None:
        """So many collections can't be fetched at once, or have more entries than that is worth."""
        self._siblings[posixpath.dirname(path)] = self.siblings(path) // FEWER

    def _is_walked(self, path: str) -> bool:
        return self._below.get(path, 0) >= WALK or path in self._fetched

    def _ancestors(self, path: str) -> Iterator[str]:
        while path not in (self._root, "/"):
            path = posixpath.dirname(path)
            if path != "/":
                yield path
