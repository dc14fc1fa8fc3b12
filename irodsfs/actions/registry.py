"""All actions by their names."""

from __future__ import annotations

from irodsfs.actions import (
    describe_entries,
    disk_usage,
    find_entries,
    list_entries,
    making_entries,
    metadata_actions,
    people_and_resources,
    permission_actions,
    placing_entries,
    query_catalog,
    removing_entries,
)
from irodsfs.actions.action import Action

ACTIONS: dict[str, Action] = {
    each.name: each
    for each in (
        find_entries.find,
        making_entries.make_collections,
        making_entries.touch,
        metadata_actions.change_metadata,
        metadata_actions.copy_metadata,
        metadata_actions.list_metadata,
        people_and_resources.show_groups,
        people_and_resources.show_resources,
        people_and_resources.show_server,
        people_and_resources.show_users,
        permission_actions.copy_permissions,
        permission_actions.list_permissions,
        permission_actions.set_inheritance,
        permission_actions.set_permission,
        list_entries.ls,
        disk_usage.du,
        describe_entries.info,
        placing_entries.copy,
        placing_entries.move,
        query_catalog.query,
        query_catalog.query_columns,
        query_catalog.specific_query,
        removing_entries.remove,
    )
}
