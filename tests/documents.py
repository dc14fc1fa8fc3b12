"""The examples of a document, as they are run and compared with what it says."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples(document: Path) -> Iterator[tuple[str, str]]:
    """Commands, and what they print; `...` stands for anything."""
    for block in CONSOLE.findall(document.read_text("utf-8")):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = example.partition("\n")
            yield command, printed.strip()


def check_examples(document: Path, directory: Path, words: Mapping[str, str] | None = None) -> None:
    """Runs all examples, one after the other; fails at the first that prints something else.

    `words` are those of the document that stand for others here.
    """
    same = doctest.OutputChecker().check_output
    for example in examples(document):
        command, printed = (_translated(text, words or {}) for text in example)
        got = _output(command, directory)
        assert same(printed + "\n", got + "\n", doctest.ELLIPSIS), f"$ {command}\n{got}\ninstead of\n{printed}"


def _translated(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda found: words.get(found[0], found[0]), text)


def _output(command: str, directory: Path) -> str:
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
