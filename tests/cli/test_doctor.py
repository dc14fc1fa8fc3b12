from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddUser, IrodsfsCommand
from tests.zones import AnyZone

Examined = dict[str, tuple[str, str]]
Examine = Callable[..., tuple[int, Examined]]


@pytest.fixture
def examine(irodsfs: IrodsfsCommand) -> Examine:
    """Exit status, and state and text of each step."""

    def run(*arguments: str | Path, env: dict[str, str] | None = None) -> tuple[int, Examined]:
        done: subprocess.CompletedProcess[str] = irodsfs("doctor", "--json", *arguments, env=env)
        assert done.stderr == ""
        return done.returncode, {each["step"]: (each["state"], each["text"]) for each in json.loads(done.stdout)}

    return run


def test_all_is_well_and_nothing_is_left(zone_server: AnyZone, irodsfs: IrodsfsCommand, session: iRODSSession) -> None:
    def names() -> set[str]:
        return {each.name for each in session.collections.get(zone_server.home).data_objects}

    before = names()
    done = irodsfs("doctor", zone_server.environment_file())
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert all(line.startswith("✓ ") for line in done.stdout.splitlines())
    for step in ("name resolution", "port", "protocol", "TLS and certificate", "server version", "login", "home",
                 "permission", "default resource", "round trip", "throughput", "clock", "/dev/fuse", "fusermount3",
                 "--allow-other"):  # fmt: skip
        assert f"✓ {step}: " in done.stdout
    assert names() == before


def test_a_refused_login_ends_it_with_its_sentence(zone_server: AnyZone, examine: Examine) -> None:
    status, steps = examine(zone_server.environment_file(password="wrong"))
    assert status == 1
    assert steps["server version"][0] == "well"
    assert steps["login"][0] == "failed"
    assert "run irodsfs login" in steps["login"][1]
    assert steps["home"] == steps["clock"] == ("not tried", "not tried")


def test_a_server_that_is_not_there(zone_server: AnyZone, examine: Examine) -> None:
    status, steps = examine(zone_server.environment_file(irods_port=1))
    assert (status, steps["name resolution"][0], steps["port"][0]) == (1, "well", "failed")
    status, steps = examine(zone_server.environment_file(irods_host="irods.invalid"))
    assert (status, steps["name resolution"][0], steps["port"][0]) == (1, "failed", "not tried")
    status, steps = examine()
    assert (status, steps["settings"][0], steps["port"][0]) == (1, "failed", "not tried")


def test_a_resource_that_is_missing(zone_server: AnyZone, examine: Examine) -> None:
    status, steps = examine(zone_server.environment_file(irods_default_resource="nosuchResc"))
    assert (status, steps["permission"][0], steps["default resource"][0]) == (1, "well", "failed")


def test_a_resource_that_is_marked_as_down(
    zone_server: AnyZone, administrator: iRODSSession, other_resource: str, examine: Examine
) -> None:
    administrator.resources.modify(other_resource, "status", "down")
    status, steps = examine(zone_server.environment_file(irods_default_resource=other_resource))
    assert (status, steps["default resource"][0]) == (1, "failed")
    assert f"{other_resource} is marked as down" in steps["default resource"][1]


@pytest.mark.administrator
def test_a_home_that_may_only_be_read(
    zone_server: AnyZone, examine: Examine, session: iRODSSession, add_user: AddUser, home: str
) -> None:
    guest = add_user()
    session.acls.set(iRODSAccess("read", home, guest.name, session.zone))
    status, steps = examine(zone_server.environment_file(guest.name, guest.password, irods_home=home))
    assert (status, steps["home"][0], steps["permission"][0]) == (1, "well", "failed")
    status, steps = examine(zone_server.environment_file(guest.name, guest.password, irods_home=f"{home}/nowhere"))
    assert (status, steps["login"][0], steps["home"][0]) == (1, "well", "failed")


def test_fusermount_missing(zone_server: AnyZone, examine: Examine, tmp_path: Path) -> None:
    status, steps = examine(zone_server.environment_file(), env={"PATH": str(tmp_path)})
    assert (status, steps["fusermount3"][0], steps["throughput"][0]) == (1, "failed", "well")
