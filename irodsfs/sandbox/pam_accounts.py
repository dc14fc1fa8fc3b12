"""What stands for the system's PAM: a file of the zone's directory, beside what is given to the zone in memory.

`pam.json` holds for each user name `{"password": text}`, `{"script": [step, ...]}`, or both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from irodsfs.private_files import write_private

FILE = "pam.json"
STEPS = ("say", "ask", "ask_secretly")

Entry = dict[str, Any]
Script = list[dict[str, str]]


def read(directory: Path) -> dict[str, Entry]:
    """All entries, by user name."""
    try:
        known: dict[str, Entry] = json.loads((directory / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return known


def add(directory: Path, user: str, entry: Entry) -> None:
    known = read(directory)
    known[user] = known.get(user, {}) | entry
    write_private(directory / FILE, json.dumps(known, indent=4).encode())


def parse_script(text: str) -> Script:
    """The steps of a script in JSON; raises ValueError for what is none."""
    steps = json.loads(text)
    if not isinstance(steps, list) or not all(isinstance(step, dict) and _is_step(step) for step in steps):
        raise ValueError('write [{"say": text}, {"ask": text, "answer": text}, {"ask_secretly": text, "answer": text}]')
    return steps


def _is_step(step: dict[Any, Any]) -> bool:
    kinds = [key for key in STEPS if isinstance(step.get(key), str)]
    return len(kinds) == 1 and (kinds[0] == "say" or isinstance(step.get("answer"), str))
