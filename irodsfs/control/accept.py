"""The Accept header: which of the media types that are offered a client wants most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

JSON = "application/json"
XML = "application/xml"
NAMES = {"text/xml": XML, "text/json": JSON}
"""Other names of them."""


@dataclass(frozen=True)
class _Range:
    """A part of an Accept header: a media type, or a pattern of them; `quality` 0 is what is not wanted."""

    media_type: str
    quality: float
    position: int

    def matches(self, offered: str) -> bool:
        kind, _, rest = self.media_type.partition("/")
        return NAMES.get(self.media_type, self.media_type) == offered or (
            rest == "*" and (kind in ("*", offered.partition("/")[0]) or (kind == "text" and offered == XML))
        )

    @property
    def precision(self) -> int:
        """A type counts more than a pattern that it is of."""
        return -self.media_type.count("*")


def most_wanted(accept: str, offered: Sequence[str]) -> str | None:
    """The best of what is offered: by quality, then as the client, then as the server lists it."""
    ranges = _ranges(accept)
    best: tuple[tuple[float, int], str] | None = None
    for candidate in offered:
        decisive = max(
            (each for each in ranges if each.matches(candidate)),
            key=lambda each: (each.precision, each.quality),
            default=None,
        )
        if decisive is None or not decisive.quality > 0:
            continue
        rank = (-decisive.quality, decisive.position)
        if best is None or rank < best[0]:
            best = rank, candidate
    return best[1] if best else None


def _ranges(accept: str) -> list[_Range]:
    ranges = []
    for position, part in enumerate(accept.lower().split(",")):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((_quality(each) for each in parameters if each.startswith("q=")), 1.0)
        ranges.append(_Range(media_type, quality, position))
    return ranges


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
