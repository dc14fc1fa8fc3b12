"""What a GenQuery1 request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag

from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct


class Option(IntFlag):
    """Options of a whole query."""

    NONE = 0
    RETURN_TOTAL_ROW_COUNT = 0x20
    NO_DISTINCT = 0x40
    QUOTA_QUERY = 0x80
    AUTO_CLOSE = 0x100
    UPPER_CASE_WHERE = 0x200


AGGREGATES = {2: "min", 3: "max", 4: "sum", 5: "avg", 6: "count"}
ORDER_BY = 0x400
ORDER_BY_DESC = 0x800


@dataclass(frozen=True)
class Selection:
    """A selected column with its option bits."""

    column: int
    option: int = 1

    @property
    def aggregate(self) -> str | None:
        return AGGREGATES.get(self.option & 0xF)

    @property
    def ordered(self) -> bool:
        return bool(self.option & (ORDER_BY | ORDER_BY_DESC))

    @property
    def descending(self) -> bool:
        return bool(self.option & ORDER_BY_DESC)


@dataclass(frozen=True)
class Query:
    """A GenQuery1: ``conditions`` are column numbers with texts like ``= 'x'``; ``max_rows`` is the page's size."""

    selections: tuple[Selection, ...]
    conditions: tuple[tuple[int, str], ...] = ()
    max_rows: int = 256
    continue_index: int = 0
    offset: int = 0
    options: Option = Option.NONE
    keywords: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, struct: Struct) -> Query:
        """The query in a GenQueryInp_PI."""
        selections = struct.struct("InxIvalPair_PI")
        conditions = struct.struct("InxValPair_PI")
        return cls(
            tuple(map(Selection, integers(selections, "inx"), integers(selections, "ivalue"))),
            tuple(zip(integers(conditions, "inx"), conditions.texts("svalue"), strict=False)),
            struct.integer("maxRows"),
            struct.integer("continueInx"),
            struct.integer("partialStartIndex"),
            Option(struct.integer("options")),
            struct.keywords(),
        )


def integers(struct: Struct, name: str) -> list[int]:
    """All members of that name as integers; raises IrodsError for what is none."""
    try:
        return [int(text) for text in struct.texts(name)]
    except ValueError:
        raise IrodsError("SYS_INVALID_INPUT_PARAM") from None
