"""Which part of irodsfs may import which, as docs/design.md draws it; measured from the code."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "irodsfs"

LEAVES = {"library_settings", "private_files", "user_errors", "garbage", "heartbeat", "metrics", "process", "slices"}
"""Single modules that any part may import; they import nothing but each other."""

ALLOWED = {
    "cli": {"actions", "config", "control", "daemon", "grid", "sandbox", "transfer"},
    "config": set(),
    "daemon": {"config", "control", "filesystem", "grid", "mount"},
    "mount": {"filesystem"},
    "control": {"actions", "config", "grid", "transfer"},
    "actions": {"catalog", "config", "filesystem", "grid", "transfer"},
    "filesystem": {"catalog", "config", "grid", "transfer"},
    "catalog": {"grid"},
    "transfer": {"grid"},
    "grid": {"config"},
    "sandbox": set(),
}

RECURSION = {"invocation", "interpreter", "rule_queries", "special_functions"}
"""The interpreter of rules: calls are expressions, and expressions are calls."""


@cache
def modules() -> dict[str, Path]:
    found = {}
    for file in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(file: Path) -> Iterator[str]:
    """What a module imports, also where only types need it or a function does it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules() else node.module


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def arrows() -> Iterator[tuple[str, str]]:
    """From module to module of irodsfs."""
    for module, file in modules().items():
        yield from ((module, other) for other in set(imported(file)) if other.split(".")[0] == PACKAGE)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_part_imports_only_what_it_may(name: str) -> None:
    allowed = {name, PACKAGE, *LEAVES, *ALLOWED[name]}
    assert [arrow for arrow in arrows() if part(arrow[0]) == name and part(arrow[1]) not in allowed] == []


def test_every_part_is_known() -> None:
    assert {part(module) for module in modules()} - {PACKAGE, "__main__", *LEAVES} == set(ALLOWED)


def test_only_the_mount_knows_fuse() -> None:
    users = {part(module) for module, file in modules().items() if "pyfuse3" in imported(file)}
    assert users == {"mount"}


def test_nothing_goes_in_circles() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for module, other in arrows():
        if not (module.rpartition(".")[2] in RECURSION and other.rpartition(".")[2] in RECURSION):
            graph[module].add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_two_modules_have_the_same_file_name() -> None:
    names = Counter(file.name for file in modules().values() if file.name not in {"__init__.py", "__main__.py"})
    assert [name for name, times in names.items() if times > 1] == []


def test_every_part_has_a_page_that_says_what_it_may_import() -> None:
    for name, allowed in ALLOWED.items():
        page = (ROOT / "docs" / "rooms" / f"{name}.md").read_text("utf-8")
        (imports,) = [line for line in page.splitlines() if line.startswith("**Imports:**")]
        assert {other for other in ALLOWED if f"`{other}`" in imports} == allowed, name


def test_libraries_are_changed_in_one_module_only() -> None:
    """Calls of what is not ours, when a module is imported."""
    found = {
        f"{name}: {ast.unparse(statement)}"
        for name, file in modules().items()
        for statement in ast.parse(file.read_text("utf-8")).body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        if isinstance(statement.value.func, ast.Attribute | ast.Name)
        and ast.unparse(statement.value.func).startswith(("logging.", "sys.", "set_default", "os.", "warnings."))
    }
    assert {line.partition(":")[0] for line in found} == {f"{PACKAGE}.library_settings"}
