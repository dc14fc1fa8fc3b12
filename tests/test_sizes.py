"""How large a module, a function and the list of what a class works with may become; measured from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "irodsfs"
LONGEST_MODULE = 400
LONGEST_FUNCTION = 30
MOST_COLLABORATORS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, str]:
    return {str(file.relative_to(PACKAGE)): file.read_text("utf-8") for file in sorted(PACKAGE.rglob("*.py"))}


def functions() -> Iterator[tuple[str, Function]]:
    for name, text in modules().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def test_no_module_is_long() -> None:
    lengths = {name: text.count("\n") for name, text in modules().items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_long() -> None:
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_class_is_given_more_than_a_few_others() -> None:
    classes = {
        node.name for text in modules().values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)
    }
    given = {
        name: [argument.arg for argument in parameters(node) if named_in(argument) & classes]
        for name, node in functions()
        if node.name == "__init__"
    }
    assert {name: found for name, found in given.items() if len(found) > MOST_COLLABORATORS} == {}


def parameters(node: Function) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def named_in(argument: ast.arg) -> set[str]:
    """The names in the type of a parameter: values such as paths, sizes and flags have none of the package."""
    if argument.annotation is None:
        return set()
    return {node.id for node in ast.walk(argument.annotation) if isinstance(node, ast.Name)}
