"""Runs the tests on the zone that IRODSFS_TEST_ENVIRONMENT names; counts those that can't be run there.

All happens below a new collection in that user's home, which is removed at the end, however the tests went. What a test
needs is said by a marker, or by a fixture that has the marker's name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from irods.exception import PycommandsException, iRODSException

from tests.zones import ZONE, AnyZone, remove_tickets, remove_tree

VARIABLE = "IRODSFS_TEST_ENVIRONMENT"
NEEDS = {
    "embedded_zone": "need the embedded zone",
    "administrator": "need an administrator of the zone",
    "readable_line": "need a line without TLS",
}
ABOUT_THE_EMBEDDED_ZONE = {"benchmarks", "client", "sandbox", "test_any_zone.py", "test_demo.py"}
SUITES = Path(__file__).parent
LEFT_OUT = pytest.StashKey["Counter[str]"]()
LEFT_BEHIND = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Makes the collection of this run; with xdist, workers are told of it."""
    config = session.config
    config.stash[LEFT_OUT] = Counter()
    file = os.environ.get(VARIABLE)
    if not file:
        return
    directory = Path(tempfile.mkdtemp(prefix="irodsfs-tests-"))
    try:
        zone = AnyZone.of_environment(Path(file).expanduser(), directory)
        kind, home = getattr(config, "workerinput", {}).get(VARIABLE) or _begin(zone)
    except (iRODSException, PycommandsException, OSError, LookupError, ValueError) as error:
        shutil.rmtree(directory)
        pytest.exit(f"{VARIABLE}={file} can't be used: {error!r}", returncode=pytest.ExitCode.USAGE_ERROR)
    config.stash[ZONE] = replace(zone, kind=kind, home=home)


def _begin(zone: AnyZone) -> tuple[str, str]:
    """Of which type the user is, and the new collection."""
    home = f"{zone.home}/irodsfs-tests-{uuid.uuid4().hex[:12]}"
    with zone.session() as session:
        kind = session.users.get(zone.user).type
        session.collections.create(home)
    return kind, home


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if zone := node.config.stash.get(ZONE, None):
        node.workerinput[VARIABLE] = (zone.kind, zone.home)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Removes the collection of this run, and what tests have sent to the trash from there."""
    config = session.config
    is_worker = hasattr(config, "workeroutput")
    if is_worker:
        config.workeroutput[VARIABLE] = dict(config.stash[LEFT_OUT])
    zone = config.stash.get(ZONE, None)
    if zone is None:
        return
    try:
        if not is_worker:
            _end(zone)
    except (iRODSException, PycommandsException) as error:
        config.stash[LEFT_BEHIND] = f"{zone.home} could not be removed: {error!r}"
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    finally:
        shutil.rmtree(zone.directory)


def _end(zone: AnyZone) -> None:
    with zone.session() as session:
        remove_tickets(session, zone.home)
        for path in (zone.home, zone.trash):
            remove_tree(session, path, as_administrator=zone.kind == "rodsadmin")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """All workers leave out the same tests."""
    node.config.stash[LEFT_OUT] |= Counter(getattr(node, "workeroutput", {}).get(VARIABLE, {}))


def pytest_itemcollected(item: pytest.Item) -> None:
    fixtures = getattr(item, "fixturenames", ())
    for need in NEEDS:
        if need in fixtures:
            item.add_marker(need)
    if "proxy" in fixtures:
        item.add_marker("readable_line")
    if item.path.is_relative_to(SUITES) and item.path.relative_to(SUITES).parts[0] in ABOUT_THE_EMBEDDED_ZONE:
        item.add_marker("embedded_zone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    zone = config.stash.get(ZONE, None)
    if zone is None:
        return
    unmet = [item for item in items if _unmet(item, zone)]
    config.stash[LEFT_OUT] = Counter(NEEDS[need] for item in unmet for need in [_unmet(item, zone)] if need)
    config.hook.pytest_deselected(items=unmet)
    items[:] = [item for item in items if not _unmet(item, zone)]


def _unmet(item: pytest.Item, zone: AnyZone) -> str | None:
    """What a test needs first of what the zone doesn't offer."""
    offered = {"administrator": zone.kind == "rodsadmin", "readable_line": not zone.uses_tls}
    return next((need for need in NEEDS if item.get_closest_marker(need) and not offered.get(need)), None)


def pytest_report_header(config: pytest.Config) -> Iterator[str]:
    if file := os.environ.get(VARIABLE):
        yield f"zone: that of {file}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for needed, count in sorted(config.stash[LEFT_OUT].items()):
        terminalreporter.write_line(f"{count} tests {needed}: deselected")
    if said := config.stash.get(LEFT_BEHIND, None):
        terminalreporter.write_line(said, red=True)
