"""What `irodsfs doctor` examines: this machine, the way to the server, the login, and what may be done there."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import trio
from irods.models import Resource
from irods.session import iRODSSession
from pydantic import SecretStr

from irodsfs.cli.mountpoints import FUSE_CONFIGURATION, require_device, require_fusermount, users_may_allow_others
from irodsfs.config import Setting, ZoneAccount
from irodsfs.config.load import load_login
from irodsfs.grid.access_levels import MODIFY_OBJECT
from irodsfs.grid.catalog_entries import find
from irodsfs.grid.connection import SERVER_INFORMATION
from irodsfs.grid.errors import ZONE_FAILURES, summarise
from irodsfs.grid.first_login import SECONDS, told
from irodsfs.grid.greeting import ask_policy, choose_policy
from irodsfs.grid.irods_sessions import entered, open_session
from irodsfs.grid.queries import Query
from irodsfs.grid.resources import DOWN
from irodsfs.grid.server_info import ServerInfo, introduce
from irodsfs.grid.zone import Zone
from irodsfs.user_errors import IrodsfsError

MIB = 1 << 20
SIZE = 16 * MIB
OLDEST = (4, 2, 11)
CLOCK_TOLERANCE = 5
"""Seconds by which clocks may differ: times are kept in whole seconds, and what is written takes its time."""

ROUNDS = 5
IN_ZONE = ("login", "home", "permission", "default resource", "round trip")
WITH_OBJECT = ("throughput", "clock")
STEPS = ("name resolution", "port", "protocol", "TLS and certificate", "server version", *IN_ZONE, *WITH_OBJECT)


@dataclass(frozen=True)
class Finding:
    """What came of a step; `is_well` is None when it was not tried, since one before it failed."""

    step: str
    is_well: bool | None
    text: str

    def line(self) -> str:
        mark = {True: "✓", False: "✗", None: "-"}[self.is_well]
        return f"{mark} {self.step}: {self.text}"

    def document(self) -> dict[str, object]:
        state = {True: "well", False: "failed", None: "not tried"}[self.is_well]
        return {"step": self.step, "state": state, "text": self.text}


@dataclass
class _Visit:
    """What one step leaves for the next ones."""

    account: ZoneAccount
    info: ServerInfo | None = None
    written_at: tuple[float, float] = (0.0, 0.0)
    modified: float = 0.0
    findings: list[Finding] = field(default_factory=list)


def examine(zone: str | None) -> Iterator[Finding]:
    """All findings, one after the other; what depends on a step that failed is not tried."""
    yield from _local()
    try:
        account = load_login(Setting(zone, "ZONE") if zone else None, getpass.getpass if sys.stdin.isatty() else None)
    except IrodsfsError as error:
        yield Finding("settings", False, error.message)
        yield from _not_tried(STEPS)
        return
    yield Finding("settings", True, f"{account.user} in zone {account.zone} on {account.host}:{account.port}")
    yield from _in_order(_Visit(account))


def _local() -> Iterator[Finding]:
    yield _step("/dev/fuse", _check_device)
    yield _step("fusermount3", _check_fusermount)
    allowed = os.getuid() == 0 or users_may_allow_others()
    told_ = "may be used" if allowed else f"needs the line user_allow_other in {FUSE_CONFIGURATION}, written by root"
    yield Finding("--allow-other", True, told_)


def _check_device() -> str:
    require_device()
    return "may be opened"


def _check_fusermount() -> str:
    require_fusermount()
    return "is installed"


def _in_order(visit: _Visit) -> Iterator[Finding]:
    steps: list[tuple[str, Callable[[], str]]] = [
        ("name resolution", lambda: _resolve(visit.account)),
        ("port", lambda: _connect(visit.account)),
        ("protocol", lambda: _ask_policy(visit.account)),
        ("TLS and certificate", lambda: _introduce(visit)),
        ("server version", lambda: _check_version(visit)),
    ]
    for position, (name, act) in enumerate(steps):
        finding = _step(name, act)
        yield finding
        if not finding.is_well:
            yield from _not_tried(STEPS[position + 1 :])
            return
    trio.run(_visit_zone, visit)
    yield from visit.findings
    yield from _not_tried(STEPS[len(steps) + len(visit.findings) :])


def _not_tried(steps: tuple[str, ...]) -> Iterator[Finding]:
    for step in steps:
        yield Finding(step, None, "not tried")


def _step(name: str, act: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, act())
    except IrodsfsError as error:
        return Finding(name, False, error.message)


def _resolve(account: ZoneAccount) -> str:
    with told(account):
        found = socket.getaddrinfo(account.host, account.port, type=socket.SOCK_STREAM)
    return ", ".join(dict.fromkeys(str(address[4][0]) for address in found))


def _connect(account: ZoneAccount) -> str:
    with told(account), socket.create_connection((account.host, account.port), SECONDS):
        return f"{account.port} answers"


def _ask_policy(account: ZoneAccount) -> str:
    with told(account):
        return f"iRODS, policy of TLS {ask_policy(account.host, account.port, SECONDS)}"


def _introduce(visit: _Visit) -> str:
    nobody = {"user": "anonymous", "password": SecretStr(""), "authentication_scheme": "native"}
    with told(visit.account):
        session = open_session(visit.account.model_copy(update=nobody), SECONDS)
        visit.info = introduce(session)
    if session.pool.account.client_server_policy == "CS_NEG_REFUSE":
        return "is not used, and not required"
    verified = {"none": "not verified", "cert": "verified, but for its name", "hostname": "verified"}
    return f"is used, the certificate is {verified[visit.account.ssl_verify_server]}"


def _check_version(visit: _Visit) -> str:
    assert visit.info is not None
    release = visit.info.release.removeprefix("rods")
    if tuple(int(part) for part in release.split(".") if part.isdecimal()) < OLDEST:
        raise IrodsfsError(f"iRODS {release} is older than 4.2.11: ask the administrator for a newer one.")
    return release


async def _visit_zone(visit: _Visit) -> None:
    async with trio.open_nursery() as background:
        try:
            async with entered(visit.account, background, connections=1, request_timeout=SECONDS) as zone:
                visit.findings.append(Finding("login", True, f"as {zone.identity.user}"))
                await _look_around(zone, visit)
        except IrodsfsError as error:
            visit.findings.append(Finding(STEPS[5 + len(visit.findings)], False, error.message))
        except ZONE_FAILURES as error:
            text = f"{summarise(error)}: ask the administrator of the zone."
            visit.findings.append(Finding(STEPS[5 + len(visit.findings)], False, text))
        background.cancel_scope.cancel()


async def _look_around(zone: Zone, visit: _Visit) -> None:
    home = await find(zone, visit.account.home)
    if home is None or not home.is_collection:
        raise IrodsfsError(f"{visit.account.home} does not exist: correct irods_home, or name --collection.")
    visit.findings.append(Finding("home", True, visit.account.home))
    if home.access < MODIFY_OBJECT:
        raise IrodsfsError(f"you may not write into {visit.account.home}: ask its owner, or mount with --read-only.")
    visit.findings.append(Finding("permission", True, "you may write into it"))
    visit.findings.append(Finding("default resource", True, await _check_resource(zone, visit.account)))
    visit.findings.append(Finding("round trip", True, await _time_round_trip(zone)))
    text = await trio.to_thread.run_sync(_move_object, visit)
    visit.findings.append(Finding("throughput", True, text))
    visit.findings.append(_compare_clocks(visit))


async def _check_resource(zone: Zone, account: ZoneAccount) -> str:
    name = account.default_resource
    if name is None:
        return "the choice of the zone"
    (rows,) = await zone.query(Query((Resource.name, Resource.parent, Resource.status)))
    found = {each: (parent, status) for each, parent, status in rows}
    if name not in found:
        raise IrodsfsError(f"the zone has no resource {name}: correct irods_default_resource.")
    parent, status = found[name]
    if parent:
        raise IrodsfsError(f"{name} lies below another resource: name that one as irods_default_resource.")
    if status == DOWN:
        raise IrodsfsError(f"{name} is marked as down: ask the administrator of the zone, or name another one.")
    return name


async def _time_round_trip(zone: Zone) -> str:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await zone.perform(SERVER_INFORMATION)
        times.append(time.perf_counter() - began)
    return f"{min(times) * 1000:.1f} ms"


def _move_object(visit: _Visit) -> str:
    """Write an object, read it, and remove it, whatever comes between."""
    session = open_session(visit.account, SECONDS)
    choose_policy(session.pool.account, SECONDS)
    path = f"{visit.account.home}/.irodsfs-doctor-{secrets.token_hex(8)}"
    resource = {"rescName": visit.account.default_resource} if visit.account.default_resource else {}
    with session:
        try:
            return _move(session, path, resource, visit)
        finally:
            if session.data_objects.exists(path):
                session.data_objects.unlink(path, force=True)


def _move(session: iRODSSession, path: str, resource: dict[str, str], visit: _Visit) -> str:
    content = os.urandom(SIZE)
    began, since = time.time(), time.perf_counter()
    with session.data_objects.open(path, "w", **resource) as opened:
        opened.write(content)
    written = time.perf_counter() - since
    visit.written_at = began, time.time()
    visit.modified = session.data_objects.get(path).modify_time.timestamp()
    since = time.perf_counter()
    with session.data_objects.open(path, "r") as opened:
        if opened.read() != content:
            raise IrodsfsError("what is read is not what was written: ask the administrator of the zone.")
    read = time.perf_counter() - since
    return f"{SIZE / MIB / written:.0f} MiB/s written, {SIZE / MIB / read:.0f} MiB/s read"


def _compare_clocks(visit: _Visit) -> Finding:
    before, after = visit.written_at
    difference = max(before - visit.modified - 1, visit.modified - after, 0.0)
    if difference > CLOCK_TOLERANCE:
        text = f"the server's differs by {difference:.0f} seconds: let both take their time from the network."
        return Finding("clock", False, text)
    return Finding("clock", True, f"differs by less than {CLOCK_TOLERANCE} seconds")
