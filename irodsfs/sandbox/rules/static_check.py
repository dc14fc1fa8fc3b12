"""What is found wrong with a text before any of it is run: functions called with the wrong number of arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from irodsfs.sandbox.rules.failures import Failure, RuleError, located
from irodsfs.sandbox.rules.functions import FUNCTIONS
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.rule_syntax import Assign, Call, Literal, Rule, Tuple, Variable
from irodsfs.sandbox.rules.special_functions import SPECIAL_FUNCTIONS


def check(rules: list[Rule], source: str, rei: RuleExecInfo) -> None:
    """Raises RuleError for the first rule that cannot be run whatever its variables are."""
    for rule in rules:
        for message, position in wrong(rule):
            rei.trail.add(located(f"type error: {message}", source, position))
            rei.trail.add(f"type error: in rule {rule.name}")
            raise RuleError(Failure.TYPE)


def wrong(tree: object) -> Iterator[tuple[str, int]]:
    match tree:
        case Call():
            known = SPECIAL_FUNCTIONS.get(tree.name) or FUNCTIONS.get(tree.name)
            if known and not known.accepts(len(tree.arguments)):
                yield f"parameter type error in {tree.name}", tree.position
        case Assign(target=target) if not is_pattern(target):
            yield "the first argument of microservice assign is not a variable or a pattern in assign", tree.position
    for part in parts(tree):
        yield from wrong(part)


def is_pattern(node: object) -> bool:
    return isinstance(node, Variable | Tuple | Literal) or (isinstance(node, Call) and node.name == ".")


def parts(tree: object) -> Iterator[object]:
    if isinstance(tree, tuple):
        yield from tree
    elif is_dataclass(tree):
        for field in fields(tree):
            yield getattr(tree, field.name)
