from __future__ import annotations

import base64
import json

from irods.session import iRODSSession

from tests.sandbox.requests import send


def test_the_server_names_its_release_and_zone(session: iRODSSession) -> None:
    with session.pool.get_connection():
        assert session.server_version[:3] == (5, 0, 2)
    reply = send(session, "GET_MISC_SVR_INFO_AN", None)
    assert "<rodsZone>tempZone</rodsZone>" in reply.msg.decode()
    buffer = reply.msg.decode().partition("<buf>")[2].partition("</buf>")[0]
    assert json.loads(base64.b64decode(buffer)) == {"ssl_enabled": False}


def test_client_hints_are_json_with_the_specific_queries_of_the_zone(session: iRODSSession) -> None:
    text = send(session, "CLIENT_HINTS_AN", None).msg.decode()
    hints = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert hints["hash_scheme"] == "SHA256"
    assert "ShowCollAcls" in hints["specific_queries"]
    assert {"unixfilesystem", "replication"} <= {plugin["name"] for plugin in hints["plugins"]}


def test_the_features_of_the_servers_library_are_told(session: iRODSSession) -> None:
    assert session.library_features()["IRODS_LIBRARY_FEATURE_GENQUERY2"] == 202404
