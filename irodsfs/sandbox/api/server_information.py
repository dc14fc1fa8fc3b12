"""What the server tells about itself: GET_MISC_SVR_INFO_AN, CLIENT_HINTS_AN, PROC_STAT_AN, GET_LIBRARY_FEATURES_AN."""

from __future__ import annotations

import base64
import json

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.genquery1.genquery1_results import Column, Page
from irodsfs.sandbox.connected_client import ConnectedClient
from irodsfs.sandbox.protocol.handshake import NEGOTIATION_REQUEST
from irodsfs.sandbox.protocol.release import API_VERSION, RELEASE
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

RCAT_ENABLED = 1
ALL_PAGES = -1  # continuation of an answer that is no statement's
NAME_LENGTH = 64  # bytes of a column of clients
PROCESS_ID, START_TIME, CLIENT_NAME, CLIENT_ZONE, PROXY_NAME, PROXY_ZONE, ADDRESS, PROGRAM, SERVER = range(
    1000001, 1000010
)
FEATURES = {
    "IRODS_HAS_API_ENDPOINT_CHECK_AUTH_CREDENTIALS": 202307,
    "IRODS_HAS_API_ENDPOINT_SWITCH_USER": 202211,
    "IRODS_HAS_FEATURE_PROXY_USER_SUPPORT_FOR_CLIENT_CONNECTION_LIBRARIES": 202306,
    "IRODS_HAS_LIBRARY_SYSTEM_ERROR": 202301,
    "IRODS_HAS_LIBRARY_TICKET_ADMINISTRATION": 202209,
    "IRODS_HAS_LIBRARY_ZONE_ADMINISTRATION": 202210,
    "IRODS_LIBRARY_FEATURE_CHECK_AUTH_CREDENTIALS": 202307,
    "IRODS_LIBRARY_FEATURE_CLIENT_CONNECTION_LIBRARIES_SUPPORT_PROXY_USERS": 202306,
    "IRODS_LIBRARY_FEATURE_DELAY_RULE_LOCKING": 202411,
    "IRODS_LIBRARY_FEATURE_GENQUERY2": 202404,
    "IRODS_LIBRARY_FEATURE_REPLICA_TRUNCATE": 202403,
    "IRODS_LIBRARY_FEATURE_SWITCH_USER": 202211,
    "IRODS_LIBRARY_FEATURE_SYSTEM_ERROR": 202301,
    "IRODS_LIBRARY_FEATURE_TICKET_ADMINISTRATION": 202209,
    "IRODS_LIBRARY_FEATURE_ZONE_ADMINISTRATION": 202210,
}
PLUGINS = {"resource": ("unixfilesystem", "replication"), "auth": ("native", "pam_password"), "network": ("tcp", "ssl")}


@handles(700)
def miscellaneous_server_information(session: Session, request: Request) -> Reply:
    """Release, zone, and in JSON whether the connection is encrypted."""
    encrypted = json.dumps({"ssl_enabled": session.negotiated == "CS_NEG_USE_SSL"}, separators=(",", ":"))
    in_base64 = base64.b64encode(encrypted.encode()).decode()
    return Reply(
        struct=Struct(
            "MiscSvrInfo_PI",
            ("serverType", RCAT_ENABLED),
            ("serverBootTime", 0),
            ("relVersion", RELEASE),
            ("apiVersion", API_VERSION),
            ("rodsZone", session.zone.name),
            ("BinBytesBuf_PI", Struct("BinBytesBuf_PI", ("buflen", len(encrypted)), ("buf", in_base64))),
        )
    )


@handles(10215)
def client_hints(session: Session, request: Request) -> Reply:
    """Hash scheme, plugins, rules and specific queries, as JSON that is not escaped."""
    queries = session.catalog.rows("SELECT alias FROM R_SPECIFIC_QUERY")
    hints = {
        "hash_scheme": "SHA256",
        "match_hash_policy": "compatible",
        "plugins": [plugin(kind, name) for kind, names in PLUGINS.items() for name in names],
        "rules": [],
        "specific_queries": [row["alias"] for row in queries],
        "strict_acls": "on",
    }
    text = json.dumps(hints, indent=4)
    return Reply(struct=Struct("BytesBuf_PI", ("buflen", len(text.encode())), ("buf", text)))


def plugin(kind: str, name: str) -> dict[str, str]:
    return {"checksum_sha256": "", "name": name, "type": kind, "version": ""}


@handles(801)
def library_features(session: Session, request: Request) -> Reply:
    """The features of the server's library, each with the year and month it came, as JSON."""
    return Reply(struct=Struct("STR_PI", ("myStr", json.dumps(FEATURES, sort_keys=True, separators=(",", ":")))))


@handles(690)
def connected_agents(session: Session, request: Request) -> Reply:
    """One row for each connection of the zone: process, start, users, address, program."""
    rows = [
        described(session.zone.host, each) for each in sorted(session.zone.clients, key=lambda each: each.process_id)
    ]
    page = Page([Column(number, [row[number] for row in rows], NAME_LENGTH) for number in rows[0]], ALL_PAGES)
    return Reply(struct=page.struct())


def described(host: str, client: ConnectedClient) -> dict[int, str]:
    program = client.startup.text("option").removesuffix(NEGOTIATION_REQUEST)
    return {
        PROCESS_ID: str(client.process_id),
        START_TIME: str(int(client.started)),
        CLIENT_NAME: client.user.name,
        CLIENT_ZONE: client.user.zone,
        PROXY_NAME: client.proxy.name,
        PROXY_ZONE: client.proxy.zone,
        ADDRESS: client.address,
        SERVER: host,
        PROGRAM: program,
    }
