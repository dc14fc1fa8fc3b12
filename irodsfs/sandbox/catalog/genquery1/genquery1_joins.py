"""How the tables of a query are joined: links found by a walk over the graph of tables, which is a tree."""

from __future__ import annotations

from functools import lru_cache

from irodsfs.sandbox.catalog.genquery1.genquery1_columns import LINKS, Link, Table
from irodsfs.sandbox.protocol.error_numbers import IrodsError


def neighbours(table: Table) -> list[tuple[Link, Table]]:
    forward = [(link, link.second) for link in LINKS if link.first == table]
    return forward + [(link, link.first) for link in LINKS if link.second == table]


NEIGHBOURS = {table: neighbours(table) for link in LINKS for table in (link.first, link.second)}


class Walk:
    """A walk from one table until all wanted ones are reached; ``links`` are those that lead to them."""

    def __init__(self, wanted: frozenset[Table]) -> None:
        self.missing = set(wanted)
        self.visited: set[Table] = set()
        self.links: list[Link] = []

    def reach(self, table: Table, came_by: Link | None = None) -> bool:
        keep = table in self.missing
        if not keep and table in self.visited:
            return False
        self.missing.discard(table)
        if table.leaf or not self.missing:
            return keep
        self.visited.add(table)
        for link, other in NEIGHBOURS.get(table, []):
            if link is not came_by and self.reach(other, link):
                keep = True
                self.links.append(link)
                if not self.missing:
                    break
        return keep


@lru_cache(maxsize=1024)
def join(start: Table, wanted: frozenset[Table]) -> tuple[Link, ...]:
    """The links that connect the wanted tables; raises IrodsError CAT_FAILED_TO_LINK_TABLES when none do."""
    walk = Walk(wanted)
    if not walk.reach(start) or walk.missing:
        raise IrodsError("CAT_FAILED_TO_LINK_TABLES")
    return tuple(walk.links)
