"""ZONE_REPORT_AN (10205): the zone's servers and resources, as JSON for administrators."""

from __future__ import annotations

import json
import platform
import sqlite3

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.api.server_information import PLUGINS, plugin
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.release import RELEASE
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

COORDINATING = frozenset({"replication"})


@handles(10205)
def zone_report(session: Session, request: Request) -> Reply:
    """The one server, its settings, plugins and storage resources, and the resources that only coordinate."""
    if not session.user.is_admin:
        raise IrodsError("SYS_NO_API_PRIV")
    resources = session.catalog.rows("SELECT * FROM R_RESC_MAIN WHERE resc_name <> 'bundleResc' ORDER BY resc_id")
    coordinating = [described(row) for row in resources if row["resc_type_name"] in COORDINATING]
    storage = [described(row) for row in resources if row["resc_type_name"] not in COORDINATING]
    report = {"zones": [{"coordinating_resources": coordinating, "servers": [server(session, storage)]}]}
    text = json.dumps(report, indent=4, ensure_ascii=False)
    return Reply(struct=Struct("BytesBuf_PI", ("buflen", len(text.encode()) + 1), ("buf", text)))


def server(session: Session, resources: list[dict[str, str]]) -> dict[str, object]:
    return {
        "version": {"irods_version": RELEASE.removeprefix("rods")},
        "host_system_information": {"hostname": session.zone.host, "uname": " ".join(platform.uname())},
        "server_config": {
            "zone_name": session.zone.name,
            "catalog_service_role": "provider",
            "client_server_policy": session.zone.negotiation,
        },
        "plugins": [plugin(kind, name) for kind, names in PLUGINS.items() for name in names],
        "resources": resources,
    }


def described(row: sqlite3.Row) -> dict[str, str]:
    return {
        "name": row["resc_name"],
        "type": row["resc_type_name"],
        "host": row["resc_net"],
        "vault_path": row["resc_def_path"],
        "context_string": row["resc_context"] or "",
        "parent_resource": row["resc_parent"] or "",
        "status": row["resc_status"] or "",
        "comments": row["r_comment"] or "",
        "information": row["resc_info"] or "",
        "free_space": row["free_space"] or "",
    }
