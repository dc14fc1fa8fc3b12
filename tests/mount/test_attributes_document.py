"""The examples in `docs/attributes.md` do what they say."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.mounts import Mount

DOCUMENT = Path(__file__).parents[2] / "docs/attributes.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `(irods\.\w+)` \|", re.MULTILINE)


def examples() -> Iterator[tuple[str, str]]:
    """Commands, and what they print."""
    for block in CONSOLE.findall(DOCUMENT.read_text()):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = example.partition("\n")
            yield command, printed.strip()


def output(command: str, directory: Path) -> str:
    completed = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return completed.stdout.strip()


def test_every_example_prints_what_it_says(mount: Mount) -> None:
    mount.expect_log("irods.acl: SYS_INVALID_INPUT_PARAM")
    same = doctest.OutputChecker().check_output
    for command, printed in examples():
        got = output(command, mount.path)
        assert same(printed + "\n", got + "\n", doctest.ELLIPSIS), f"$ {command}\n{got}\ninstead of\n{printed}"


def test_every_virtual_attribute_has_an_example() -> None:
    commands = "\n".join(command for command, _ in examples())
    documented = set(ROW.findall(DOCUMENT.read_text()))
    assert len(documented) == 15
    assert set(re.findall(r"-n (irods\.\w+)", commands)) == documented
