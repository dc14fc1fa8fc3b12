"""Storage resources: which one a replica goes to, and where its files lie."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.protocol.error_numbers import IrodsError, traced

DEFAULT = "demoResc"
NO_VAULT = "EMPTY_RESC_PATH"

IsHere = Callable[[str], bool]
"""Whether the server that is asked has what lies at a location."""


@dataclass(frozen=True)
class Resource:
    """A storage resource (the leaf of a hierarchy such as ``root;leaf``) and its vault directory."""

    id: int
    name: str
    vault: str
    hierarchy: str
    location: str


def leaves(catalog: Catalog, name: str) -> list[Resource]:
    """The storage resources at and below a named one; raises IrodsError when there is no such resource."""
    row = catalog.row("SELECT * FROM R_RESC_MAIN WHERE resc_name = ?", name)
    if row is None:
        raise unknown(name)
    found = list(descend(catalog, row, hierarchy_above(catalog, row)))
    if not found:
        raise IrodsError("NO_NEXT_RESC_FOUND")
    return found


def location_of(catalog: Catalog, hierarchy: str) -> str:
    """Where the leaf of a hierarchy lies, as the catalog says; raises IrodsError when there is no such resource."""
    name = hierarchy.rpartition(";")[2]
    location: str | None = catalog.value("SELECT resc_net FROM R_RESC_MAIN WHERE resc_name = ?", name)
    if location is None:
        raise unknown(name)
    return location


def unknown(name: str) -> IrodsError:
    function = "irods::resource_manager::resolve(std::string_view, resource_ptr &)"
    place = "irods_resource_manager.cpp:81"
    return traced("SYS_RESC_DOES_NOT_EXIST", place, function, f"no resource found for name [{name}]")


def descend(catalog: Catalog, row: sqlite3.Row, above: str) -> list[Resource]:
    hierarchy = above + row["resc_name"]
    children = catalog.rows("SELECT * FROM R_RESC_MAIN WHERE resc_parent = ? ORDER BY resc_id", str(row["resc_id"]))
    if children:
        return [leaf for child in children for leaf in descend(catalog, child, hierarchy + ";")]
    if row["resc_def_path"] in ("", NO_VAULT):
        return []
    return [Resource(row["resc_id"], row["resc_name"], row["resc_def_path"], hierarchy, row["resc_net"])]


def hierarchy_above(catalog: Catalog, row: sqlite3.Row) -> str:
    parent = catalog.row("SELECT * FROM R_RESC_MAIN WHERE resc_id = ?", row["resc_parent"] or 0)
    return "" if parent is None else hierarchy_above(catalog, parent) + parent["resc_name"] + ";"


def require_root(catalog: Catalog, keywords: dict[str, str]) -> None:
    """Raises IrodsError when a client asks for a resource by name that does not exist or lies below another one."""
    name = keywords.get("destRescName") or keywords.get("rescName")
    if name and "resc_hier" not in keywords:
        row = catalog.row("SELECT * FROM R_RESC_MAIN WHERE resc_name = ?", name)
        if row is None:
            raise unknown(name)
        if row["resc_parent"]:
            raise IrodsError("DIRECT_CHILD_ACCESS")


def resource_for_create(catalog: Catalog, keywords: dict[str, str], is_here: IsHere) -> Resource:
    """Where a new data object goes: the resource the client asks for or the zone's default, which must be up.

    Of several in a hierarchy, one that is here.
    """
    if "resc_hier" in keywords:
        return by_hierarchy(catalog, keywords["resc_hier"])
    found = leaves(catalog, name_for_create(keywords))
    up = [leaf for leaf in found if not is_down(catalog, leaf)]
    if not up:
        raise IrodsError("SYS_RESC_IS_DOWN")
    return min(up, key=lambda leaf: not is_here(leaf.location))


def is_down(catalog: Catalog, resource: Resource) -> bool:
    return "down" in (catalog.value("SELECT resc_status FROM R_RESC_MAIN WHERE resc_id = ?", resource.id) or "")


def name_for_create(keywords: dict[str, str]) -> str:
    """The resource a client asks for by name, or the zone's default."""
    return keywords.get("destRescName") or keywords.get("rescName") or keywords.get("defRescName") or DEFAULT


def by_hierarchy(catalog: Catalog, hierarchy: str) -> Resource:
    """The storage resource at the end of a hierarchy."""
    return leaves(catalog, hierarchy.rpartition(";")[2])[0]
