"""Each module of what a mount is made of has a test file of its own, which needs no kernel."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("filesystem", "catalog", "transfer", "grid")
KERNEL = {"mount", "make_mount", "mount_through"}
"""Fixtures that mount."""


@pytest.mark.parametrize("room", ROOMS)
def test_each_module_has_its_test_file(room: str) -> None:
    modules = {file.stem for file in (ROOT / "irodsfs" / room).glob("*.py")} - {"__init__"}
    tested = {
        file.stem.removeprefix("test_") for file in (ROOT / "tests" / room).glob("test_*.py") if functions_in(file)
    }
    assert modules - tested == set(), "give them a tests/ROOM/test_MODULE.py"


@pytest.mark.parametrize("room", ROOMS)
def test_no_test_of_a_room_needs_a_kernel(room: str) -> None:
    needing = {
        f"{file.name}::{test.name}"
        for file in (ROOT / "tests" / room).glob("test_*.py")
        for test in functions_in(file)
        if KERNEL & {argument.arg for argument in [*test.args.args, *test.args.kwonlyargs]}
    }
    assert needing == set(), "those are for tests/mount"


def functions_in(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = ast.walk(ast.parse(file.read_text("utf-8")))
    functions = (node for node in found if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [node for node in functions if node.name.startswith("test_")]
