"""DATA_OBJ_CHKSUM_AN (629): looks up, registers or verifies checksums."""

from __future__ import annotations

import json
import sqlite3

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.logical_paths import checked
from irodsfs.sandbox.catalog.visible_paths import is_admin_request, replicas_for, require_for_contents
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.replica_checksums import checksum_of, register_checksum
from irodsfs.sandbox.storage.replicas import Status, choose

Findings = list[dict[str, str | int]]


@handles(629)
def data_object_checksum(session: Session, request: Request) -> Reply:
    """Answers the checksum, or with ``verifyChksum`` what is wrong with it, as JSON."""
    keywords = request.input.keywords()
    require_compatible(keywords)
    replicas = replicas_for(
        session,
        checked(request.input.text("objPath")),
        Access.READ_OBJECT,
        "CAT_NO_ROWS_FOUND",
        as_admin=is_admin_request(session, keywords),
    )
    chosen = targets(replicas, keywords)
    for replica in chosen:
        session.other_servers.reach(replica["resc_net"])
    if "verifyChksum" in keywords:
        return verify(replicas, chosen, keywords)
    found = [checksum(session, replica, keywords) for replica in chosen]
    return Reply(0, Struct("STR_PI", ("myStr", found[-1])))


def require_compatible(keywords: dict[str, str]) -> None:
    one = keywords.keys() & {"replNum", "rescName"}
    verifies_by_force = {"verifyChksum", "forceChksum"} <= keywords.keys()
    if len(one) == 2 or (one and "ChksumAll" in keywords) or verifies_by_force:
        raise IrodsError("USER_INCOMPATIBLE_PARAMS")


def targets(replicas: list[sqlite3.Row], keywords: dict[str, str]) -> list[sqlite3.Row]:
    """The replica asked for, or all good ones to verify or with ``ChksumAll``, else the one an open would use."""
    if keywords.keys() & {"replNum", "rescName"} or not keywords.keys() & {"verifyChksum", "ChksumAll"}:
        replica = choose(replicas, keywords, has_token=False)
        return [replica]
    good = [replica for replica in replicas if replica["data_is_dirty"] == Status.GOOD]
    if not good:
        raise IrodsError("SYS_NO_GOOD_REPLICA")
    return good


def checksum(session: Session, replica: sqlite3.Row, keywords: dict[str, str]) -> str:
    kept: str = replica["data_checksum"] or ""
    if kept and "forceChksum" not in keywords:
        return kept
    if "irodsAdmin" not in keywords:
        require_for_contents(session, replica["data_id"], Access.MODIFY_METADATA)
    return register_checksum(session.catalog, replica["data_id"], replica["data_repl_num"], kept)


def verify(replicas: list[sqlite3.Row], chosen: list[sqlite3.Row], keywords: dict[str, str]) -> Reply:
    findings: Findings = []
    if len(chosen) < len(replicas) and not keywords.keys() & {"replNum", "rescName"}:
        findings.append(finding("info", 0, f"INFO: Number of replicas skipped: {len(replicas) - len(chosen)}"))
    for replica in chosen:
        findings += size_findings(replica)
    missing = [replica for replica in chosen if not replica["data_checksum"]]
    for replica in missing:
        text = f"WARNING: No checksum available for replica [{replica['data_repl_num']}]."
        findings.append(finding("warning", code_of("CAT_NO_CHECKSUM_FOR_REPLICA"), text))
    if not missing:
        findings += [] if "noCompute" in keywords else [each for row in chosen for each in checksum_findings(row)]
        if len({replica["data_checksum"] for replica in chosen}) > 1:
            text = "WARNING: Data object has replicas with different checksums."
            findings.append(finding("warning", code_of("USER_CHKSUM_MISMATCH"), text))
    if not findings:
        return Reply()
    text = json.dumps(findings, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return Reply(code_of("CHECK_VERIFICATION_RESULTS"), Struct("STR_PI", ("myStr", text)))


def finding(severity: str, code: int, message: str) -> dict[str, str | int]:
    return {"severity": severity, "error_code": code, "message": message}


def size_findings(replica: sqlite3.Row) -> Findings:
    number = replica["data_repl_num"]
    try:
        if vault.size(replica["data_path"]) == replica["data_size"]:
            return []
    except IrodsError as error:
        return [finding("error", error.code, f"ERROR: Could not verify size for replica [{number}].")]
    text = f"ERROR: Physical size does not match size in catalog for replica [{number}]."
    return [finding("error", code_of("USER_FILE_SIZE_MISMATCH"), text)]


def checksum_findings(replica: sqlite3.Row) -> Findings:
    number, kept = replica["data_repl_num"], replica["data_checksum"]
    try:
        if checksum_of(replica["data_path"], kept) == kept:
            return []
    except IrodsError as error:
        return [finding("error", error.code, f"ERROR: Could not verify checksum for replica [{number}].")]
    text = f"ERROR: Computed checksum does not match what is in the catalog for replica [{number}]."
    return [finding("error", code_of("USER_CHKSUM_MISMATCH"), text)]
