"""Guide, chapter 12: GenQuery; and queries as text, which it has not."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from irodsfs.control.documents.base import Document, Place

ZoneName = Annotated[str, Field(min_length=1, description="the zone to ask, if not that of the server")]
"""Queries for paths in another zone reach it anyway."""


class Aggregate(StrEnum):
    """What is made of a column's values; FIELD is the values themselves."""

    FIELD = "FIELD"
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    AVG = "AVG"
    COUNT = "COUNT"


class Operator(StrEnum):
    """Tests of a column; NUMERIC ones compare numbers that the catalog keeps as text.

    The servers of today refuse TABLE and those of sounds.
    """

    EQUAL = "EQUAL"
    NOT_EQUAL = "NOT_EQUAL"
    LESS_THAN = "LESS_THAN"
    LESS_THAN_OR_EQUAL_TO = "LESS_THAN_OR_EQUAL_TO"
    GREATER_THAN = "GREATER_THAN"
    GREATER_THAN_OR_EQUAL_TO = "GREATER_THAN_OR_EQUAL_TO"
    NUMERIC_EQUAL = "NUMERIC_EQUAL"
    NUMERIC_LESS_THAN = "NUMERIC_LESS_THAN"
    NUMERIC_LESS_THAN_OR_EQUAL_TO = "NUMERIC_LESS_THAN_OR_EQUAL_TO"
    NUMERIC_GREATER_THAN = "NUMERIC_GREATER_THAN"
    NUMERIC_GREATER_THAN_OR_EQUAL_TO = "NUMERIC_GREATER_THAN_OR_EQUAL_TO"
    LIKE = "LIKE"
    NOT_LIKE = "NOT_LIKE"
    SOUNDS_LIKE = "SOUNDS_LIKE"
    SOUNDS_NOT_LIKE = "SOUNDS_NOT_LIKE"
    IN = "IN"
    NOT_IN = "NOT_IN"
    BETWEEN = "BETWEEN"
    NOT_BETWEEN = "NOT_BETWEEN"
    TABLE = "TABLE"
    IS_NULL = "IS_NULL"


class Order(StrEnum):
    NONE = "NONE"
    ASC = "ASC"
    DESC = "DESC"


class Select(Document):
    """A column to select."""

    value: Annotated[str, Place.TEXT]
    aggregate_type: Annotated[Aggregate | None, Place.ATTRIBUTE] = None


class ValueList(Document):
    """The values of IN and NOT_IN, or the two of BETWEEN and NOT_BETWEEN."""

    value: list[str] = Field(min_length=1)


class Condition(Document):
    """A test: with `value`, or with `value_list` where the operator takes several."""

    column: str
    operator: Operator
    value: str | None = None
    value_list: ValueList | None = None


class OrderBy(Document):
    column: str
    order_condition: Order


class GenQueryDocument(Document):
    """A query; all its conditions must hold."""

    xml_name: ClassVar[str] = "query"

    select: list[Select] = Field(min_length=1)
    condition: list[Condition] = []
    order_by: list[OrderBy] = []
    zone: ZoneName | None = None


class ResultColumn(Document):
    name: Annotated[str, Place.ATTRIBUTE]
    value: Annotated[str, Place.TEXT]


class ResultRow(Document):
    column: list[ResultColumn]


class ResultsDocument(Document):
    """All rows of a result."""

    xml_name: ClassVar[str] = "results"

    row: list[ResultRow]


class TextQuery(Document):
    """A query in the language of GenQuery1 or 2, such as `select DATA_NAME where COLL_NAME like '/tempZone/%'`."""

    xml_name: ClassVar[str] = "textQuery"

    query: str = Field(min_length=1)
    zone: ZoneName | None = None
    no_distinct: bool = Field(False, description="true for as many equal rows as there are")


class SpecificQueryDocument(Document):
    """A query that an administrator has stored, by its alias, with its arguments."""

    xml_name: ClassVar[str] = "specificQuery"

    alias: str = Field(min_length=1)
    argument: list[Annotated[str, Field(min_length=1)]] = Field([], max_length=10)
    zone: ZoneName | None = None


class RowsDocument(Document):
    """Rows whose columns have no names."""

    xml_name: ClassVar[str] = "rows"

    row: list[ValueList]
