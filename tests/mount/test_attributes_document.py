"""The examples in `docs/attributes.md` do what they say."""

from __future__ import annotations

import re

from tests.documents import DOCS, check_examples, examples
from tests.mounts import Mount
from tests.zones import AnyZone

DOCUMENT = DOCS / "attributes.md"
ROW = re.compile(r"^\| `(irods\.\w+)` \|", re.MULTILINE)


def test_every_example_prints_what_it_says(mount: Mount, zone_server: AnyZone, resource: str) -> None:
    mount.expect_log("irods.acl: SYS_INVALID_INPUT_PARAM")
    words = {"rods": zone_server.user, "tempZone": zone_server.zone, "demoResc": resource}
    check_examples(DOCUMENT, mount.path, words)


def test_every_virtual_attribute_has_an_example() -> None:
    commands = "\n".join(command for command, _ in examples(DOCUMENT))
    documented = set(ROW.findall(DOCUMENT.read_text()))
    assert len(documented) == 15
    assert set(re.findall(r"-n (irods\.\w+)", commands)) == documented
