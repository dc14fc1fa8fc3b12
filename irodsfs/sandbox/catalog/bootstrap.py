"""What a fresh zone holds: its administrator, groups, system collections and default resource."""

from __future__ import annotations

import os
from pathlib import Path

from irodsfs.private_files import private_file
from irodsfs.sandbox.catalog.accounts import NEVER
from irodsfs.sandbox.catalog.database import Catalog, now
from irodsfs.sandbox.catalog.logical_paths import split

ADMINISTRATOR = "rods"
OWN = 1200


def populate(catalog_file: Path, zone: str, password: str, host: str, vault: Path) -> None:
    """Makes the catalog of a fresh zone, whose administrator has that password; it appears whole or not at all."""
    unfinished = catalog_file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    os.close(private_file(unfinished, os.O_CREAT | os.O_EXCL))
    catalog = Catalog(unfinished)
    try:
        catalog.create_tables()
        with catalog.transaction():
            add_zone(catalog, zone)
            public, administrator = add_users(catalog, zone, password)
            add_collections(catalog, zone, public, administrator)
            add_resources(catalog, zone, host, vault)
        catalog.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        catalog.close()
    unfinished.replace(catalog_file)


def add_zone(catalog: Catalog, zone: str) -> None:
    catalog.execute(
        "INSERT INTO R_ZONE_MAIN VALUES (?, ?, 'local', '', '', ?, ?)", catalog.next_id(), zone, now(), now()
    )


def add_users(catalog: Catalog, zone: str, password: str) -> tuple[int, int]:
    public, administrator = catalog.next_id(), catalog.next_id()
    for user_id, name, kind in ((public, "public", "rodsgroup"), (administrator, ADMINISTRATOR, "rodsadmin")):
        catalog.execute(
            "INSERT INTO R_USER_MAIN VALUES (?, ?, ?, ?, '', '', ?, ?)", user_id, name, kind, zone, now(), now()
        )
    for group, member in ((administrator, administrator), (public, administrator), (public, public)):
        catalog.execute("INSERT INTO R_USER_GROUP VALUES (?, ?, ?, ?)", group, member, now(), now())
    catalog.execute("INSERT INTO R_USER_PASSWORD VALUES (?, ?, ?, ?, ?)", administrator, password, NEVER, now(), now())
    return public, administrator


def add_collections(catalog: Catalog, zone: str, public: int, administrator: int) -> None:
    root = f"/{zone}"
    paths = ["/", root, f"{root}/home", f"{root}/trash", f"{root}/trash/home"]
    paths += [f"{root}/home/public", f"{root}/trash/home/public"]
    paths += [f"{root}/home/{ADMINISTRATOR}", f"{root}/trash/home/{ADMINISTRATOR}"]
    for path in paths:
        collection = catalog.next_id()
        catalog.execute(
            "INSERT INTO R_COLL_MAIN VALUES (?, ?, ?, ?, ?, 0, '', '', '', '', '', '', ?, ?)",
            collection,
            split(path)[0],
            path,
            ADMINISTRATOR,
            zone,
            now(),
            now(),
        )
        owner = public if path.endswith("/public") else administrator
        catalog.execute("INSERT INTO R_OBJT_ACCESS VALUES (?, ?, ?, ?, ?)", collection, owner, OWN, now(), now())


def add_resources(catalog: Catalog, zone: str, host: str, vault: Path) -> None:
    for name, kind, location, path in (
        ("bundleResc", "bundle", "localhost", "/bundle"),
        ("demoResc", "cache", host, str(vault)),
    ):
        catalog.execute(
            "INSERT INTO R_RESC_MAIN (resc_id, resc_name, zone_name, resc_type_name, resc_class_name, resc_net,"
            " resc_def_path, free_space, free_space_ts, resc_info, r_comment, resc_status, create_ts, modify_ts,"
            " resc_children, resc_context, resc_parent, resc_parent_context)"
            " VALUES (?, ?, ?, 'unixfilesystem', ?, ?, ?, '', '', '', '', '', ?, ?, '', '', '', '')",
            catalog.next_id(),
            name,
            zone,
            kind,
            location,
            path,
            now(),
            now(),
        )
