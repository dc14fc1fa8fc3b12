"""Runs python-irodsclient's own tests against the embedded zone, each module with a zone of its own.

``client_tests.py [MODULE ...]``; ``known_failures.toml`` says which tests cannot pass here, and why.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from irods.password_obfuscation import encode
from rich.console import Console
from rich.table import Table

from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server

MODULES = (
    "collection_test",
    "data_obj_test",
    "meta_test",
    "query_test",
    "access_test",
    "ticket_test",
    "genquery2_test",
    "user_group_test",
    "temp_password_test",
    "rule_test",
    "message_test",
    "unicode_test",
    "connection_test",
    "pool_test",
)
MODULE_LIMIT = 1200  # seconds
TEST_LIMIT = 400  # seconds; two of the tests move 4 GiB
KNOWN_FAILURES = Path(__file__).with_name("known_failures.toml")


@dataclass
class Outcome:
    """What became of the tests of one module; failures by name, with what they said last."""

    module: str
    passed: set[str] = field(default_factory=set)
    skipped: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    trouble: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE", help=f"of {', '.join(MODULES)}")
    modules = parser.parse_args().modules
    known = tomllib.loads(KNOWN_FAILURES.read_text())
    outcomes = [run_module(module) for module in modules]
    return report(outcomes, known)


def run_module(module: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="irodsfs-client-") as directory:
        home = Path(directory) / "home"
        server = Server(
            Zone.create(Path(directory) / "zone", password="rods", registrable=[Path(tempfile.gettempdir())])
        )
        server.start()
        try:
            environment = write_environment(home, server.port)
            return run_tests(module, home, environment)
        finally:
            server.stop()


def write_environment(home: Path, port: int) -> dict[str, str]:
    """Makes the files a client reads, and the environment variables that point there."""
    settings = home / ".irods"
    settings.mkdir(parents=True)
    account = {
        "irods_host": "localhost",
        "irods_port": port,
        "irods_user_name": "rods",
        "irods_zone_name": "tempZone",
        "irods_client_server_policy": "CS_NEG_REFUSE",
    }
    (settings / "irods_environment.json").write_text(json.dumps(account))
    (settings / ".irodsA").write_text(encode("rods"))
    (settings / ".irodsA").chmod(0o600)
    return {
        "HOME": str(home),
        "IRODS_ENVIRONMENT_FILE": str(settings / "irods_environment.json"),
        "IRODS_AUTHENTICATION_FILE": str(settings / ".irodsA"),
    }


def run_tests(module: str, home: Path, environment: dict[str, str]) -> Outcome:
    results = home / "results.xml"
    command = [sys.executable, "-m", "pytest", "--pyargs", f"irods.test.{module}", "-q", "--tb=line", "-c", os.devnull]
    command += ["--rootdir", str(home), f"--junitxml={results}", f"--timeout={TEST_LIMIT}", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            command, cwd=home, env=os.environ | environment, timeout=MODULE_LIMIT, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return Outcome(module, trouble=f"did not end within {MODULE_LIMIT} s")
    if not results.exists():
        return Outcome(module, trouble=done.stdout[-400:] + done.stderr[-400:])
    return outcome_of(module, results)


def outcome_of(module: str, results: Path) -> Outcome:
    outcome = Outcome(module)
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 (our own pytest wrote it)
        name = f"{module}.{case.get('name')}"
        problems = [child for child in case if child.tag in ("failure", "error")]
        if problems:
            outcome.failures[name] = problems[-1].get("message", "")
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed.add(name)
    return outcome


def report(outcomes: list[Outcome], known: dict[str, str]) -> int:
    """Prints what came of it; 0 when nothing is other than expected."""
    console = Console(width=160, soft_wrap=True)
    console.print(table(outcomes))
    unexpected = [line for outcome in outcomes for line in surprises(outcome, known)]
    for outcome in outcomes:
        for test in sorted(outcome.failures.keys() & known.keys()):
            console.print(f"known failure: {test}: {known[test]}", markup=False)
    for line in unexpected:
        console.print(line, markup=False)
    passed = sum(len(outcome.passed) for outcome in outcomes)
    ran = passed + sum(len(outcome.failures) for outcome in outcomes)
    console.print(f"client tests: {100 * passed / ran if ran else 0.0:.1f} % of {ran} passed")
    return 1 if unexpected else 0


def table(outcomes: list[Outcome]) -> Table:
    result = Table("module", "passed", "failed", "skipped", "trouble")
    for outcome in outcomes:
        counts = (len(outcome.passed), len(outcome.failures), outcome.skipped)
        result.add_row(outcome.module, *map(str, counts), outcome.trouble)
    return result


def surprises(outcome: Outcome, known: dict[str, str]) -> Iterator[str]:
    if outcome.trouble:
        yield f"{outcome.module}: {outcome.trouble}"
    for test, message in outcome.failures.items():
        if test not in known:
            yield f"failed: {test}: {message[:300]}"
    for test in sorted(outcome.passed & known.keys()):
        yield f"listed as a known failure, but passes: {test}"


if __name__ == "__main__":
    sys.exit(main())
