"""Two mounts and a plain client do anything to one collection, in any order; a model says what may come of it.

What a call may end in is in `allowed_outcomes`; each difference from one machine alone has its rule there and in
`docs/semantics.md`. After every step the zone itself is compared with the model.
"""

from __future__ import annotations

import itertools
import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.documents import DOCS
from tests.mount.two_clients.allowed_outcomes import (
    RULES,
)
from tests.mount.two_clients.clients import agree
from tests.mount.two_clients.handles import OpenFiles
from tests.mount.two_clients.machines import TOLD, make_home, mounted
from tests.mount.two_clients.names import Names
from tests.mount.two_clients.questions import PlainClient, Questions
from tests.mount.two_clients.system_calls import MountCalls
from tests.mount.two_clients.zone_model import Zone
from tests.zones import AnyZone

CHOSEN_EXAMPLES = os.environ.get("IRODSFS_MODEL_EXAMPLES")
EXAMPLES = int(CHOSEN_EXAMPLES or "3")
STEPS = 40
PLACES = 300
"""Collections made beforehand, one for each example; further ones are waited for."""


class Equals(OpenFiles, Names, Questions, PlainClient):
    """Each rule lets one client do one thing."""


@pytest.mark.timeout(max(300, 40 * EXAMPLES))
@pytest.mark.parametrize("posix", [False, True], ids=["plain", "posix attributes"])
@pytest.mark.parametrize("write_back", [False, True], ids=["written through", "written back"])
def test_two_mounts_and_a_plain_client_as_equals(
    zone_server: AnyZone, tmp_path: Path, write_back: bool, posix: bool
) -> None:
    options = [*(["--write-back"] if write_back else []), *(["--posix-attributes"] if posix else [])]
    with ExitStack() as stack:
        session = stack.enter_context(zone_server.session())
        collection = make_home(session, zone_server)
        for number in range(PLACES):
            session.collections.create(f"{collection}/{number}")
        mounts = [stack.enter_context(mounted(zone_server, collection, tmp_path / name, *options)) for name in "AB"]
        for mount in mounts:
            mount.expect_log(TOLD)

        class ClientsHere(Equals):
            places = map(str, itertools.count())
            seen: list[tuple[str, Zone]] = []

        machines = [MountCalls(mount) for mount in mounts]
        ClientsHere.machines, ClientsHere.session, ClientsHere.home = machines, session, collection
        ClientsHere.write_back, ClientsHere.posix = write_back, posix
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            ClientsHere,
            settings=settings(
                max_examples=EXAMPLES,
                derandomize=CHOSEN_EXAMPLES is None,  # the usual run repeats itself, longer ones look for what is new
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        for machine in machines:
            for name, zone in ClientsHere.seen:
                agree(machine.below(name), zone)


def test_every_rule_is_in_the_document() -> None:
    section = (DOCS / "semantics.md").read_text("utf-8").split("## What a second client can see")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z ]+)` \|", section, re.MULTILINE)) == RULES
