"""Resource hierarchies in queries: the catalog knows a replica's leaf resource, clients ask for the whole path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from irodsfs.sandbox.catalog.genquery1.genquery1_columns import DATA_RESC_HIER, DATA_RESC_ID
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query
from irodsfs.sandbox.protocol.error_numbers import IrodsError

if TYPE_CHECKING:
    from irodsfs.sandbox.catalog.database import Catalog

SEPARATOR = ";"
NOWHERE = "='0'"


def hierarchies(catalog: Catalog) -> dict[str, str]:
    """Resource id to its path from the root, names joined by semicolons."""
    rows = {
        str(resource): (name, parent)
        for resource, name, parent in catalog.rows("SELECT resc_id, resc_name, resc_parent FROM R_RESC_MAIN")
    }

    def names(resource: str) -> Iterator[str]:
        while resource in rows:
            name, resource = rows[resource]
            yield name

    return {resource: SEPARATOR.join(reversed(list(names(resource)))) for resource in rows}


def by_resource(catalog: Catalog, query: Query) -> Query:
    """The query with resource ids in place of resource hierarchies."""
    return replace(
        query,
        selections=tuple(
            replace(selection, column=DATA_RESC_ID) if selection.column == DATA_RESC_HIER else selection
            for selection in query.selections
        ),
        conditions=tuple(
            (DATA_RESC_ID, leaves(catalog, text)) if column == DATA_RESC_HIER else (column, text)
            for column, text in query.conditions
        ),
    )


def leaves(catalog: Catalog, text: str) -> str:
    """A condition on hierarchies as one on the ids of the leaves of those that meet it."""
    parents = {str(row[0]) for row in catalog.rows("SELECT resc_parent FROM R_RESC_MAIN")}
    known = {resource: path for resource, path in hierarchies(catalog).items() if resource not in parents}
    return " || ".join(single(known, part) for part in text.split("||"))


def single(known: dict[str, str], text: str) -> str:
    first, last = text.find("'"), text.rfind("'")
    if first == last:
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    operator, value = text[:first].split(), text[first + 1 : last]
    pattern = re.escape(value)
    match operator:
        case ["="] | ["!="]:
            pass
        case ["like" | "LIKE"] | ["not" | "NOT", "like" | "LIKE"]:
            pattern = pattern.replace("%", ".*")
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")
    wanted = operator[0] in ("=", "like", "LIKE")
    ids = [f"'{resource}'" for resource, path in known.items() if bool(re.fullmatch(pattern, path)) is wanted]
    return f"IN ({','.join(ids)})" if ids else NOWHERE
