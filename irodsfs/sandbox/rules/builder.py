"""Turns what the grammar found into the tree that is run: one method for each rule of the grammar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from irodsfs.sandbox.rules.rule_syntax import (
    Action,
    Assign,
    Block,
    Call,
    Column,
    Condition,
    Delay,
    For,
    ForEach,
    If,
    Literal,
    Node,
    PathText,
    Remote,
    Rule,
    Select,
    Test,
    Text,
    Tuple,
    Variable,
    While,
)

if TYPE_CHECKING:
    from lark import Token, Tree

    Branch = Tree[Token] | Token

PIECE = re.compile(r"\\(.)|([*$][A-Za-z][A-Za-z0-9_]*)|(.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class Builder:
    """Builds the trees of one text."""

    def __init__(self, source: str) -> None:
        self.source = source

    def rules(self, tree: Tree[Token]) -> list[Rule]:
        """The rules of a whole text; one of several alternatives becomes several rules."""
        return [rule for child in trees(tree) for rule in self.alternatives(child)]

    def alternatives(self, tree: Tree[Token]) -> list[Rule]:
        head, *rest = trees(tree)
        name, parameters = self.head(head)
        if tree.data == "function":
            return [Rule(start(tree), name, parameters, None, self.node(rest[0]))]
        (body,) = (child for child in rest if child.data == "body")
        if body.children and trees(body)[0].data == "actions":
            return [Rule(start(tree), name, parameters, None, self.actions(trees(body)[0]))]
        return [self.alternative(start(tree), name, parameters, child) for child in trees(body)]

    def alternative(self, position: int, name: str, parameters: tuple[str, ...], tree: Tree[Token]) -> Rule:
        parts = [child for child in trees(tree) if child.data != "metadata"]
        condition = self.node(parts[0]) if len(parts) == 2 else None
        return Rule(position, name, parameters, condition, self.actions(parts[-1]))

    def head(self, tree: Tree[Token]) -> tuple[str, tuple[str, ...]]:
        parameters = (child for child in trees(tree) if child.data == "parameter")
        return str(tree.children[0]), tuple(str(parameter.children[0]) for parameter in parameters)

    def node(self, tree: Branch) -> Node:
        """The expression under a branch of the grammar's tree."""
        return cast(Node, getattr(self, cast("Tree[Token]", tree).data)(tree))

    def actions(self, tree: Tree[Token]) -> Block:
        return Block(start(tree), tuple(self.action(child) for child in trees(tree)))

    def action(self, tree: Tree[Token]) -> Action:
        term, recovery = tree.children
        return Action(self.node(term), self.maybe(recovery))

    def block(self, tree: Tree[Token]) -> Block:
        return Block(start(tree), self.actions(trees(tree)[0]).actions)

    def assign(self, tree: Tree[Token]) -> Node:
        target, value = tree.children
        return Assign(start(tree), self.node(target), self.node(value))

    def operation(self, tree: Tree[Token]) -> Node:
        left, operator, right = tree.children
        return Call(start(tree), str(operator), (self.node(left), self.node(right)))

    def prefix(self, tree: Tree[Token]) -> Node:
        operator, operand = tree.children
        return Call(start(tree), "neg" if operator == "-" else str(operator), (self.node(operand),))

    def variable(self, tree: Tree[Token]) -> Node:
        return Variable(start(tree), str(tree.children[0]))

    def number(self, tree: Tree[Token]) -> Node:
        digits = str(tree.children[0])
        if "." not in digits:
            return Literal(start(tree), int(digits))
        whole, fraction = digits.split(".")[:2]
        return Literal(start(tree), float(f"{whole}.{fraction or 0}"))

    def string(self, tree: Tree[Token]) -> Node:
        return text(start(tree), str(tree.children[0])[1:-1])

    def raw_string(self, tree: Tree[Token]) -> Node:
        return Literal(start(tree), str(tree.children[0])[2:-2])

    def path(self, tree: Tree[Token]) -> Node:
        return PathText(start(tree), text(start(tree), str(tree.children[0])))

    def true(self, tree: Tree[Token]) -> Node:
        return Literal(start(tree), True)

    def false(self, tree: Tree[Token]) -> Node:
        return Literal(start(tree), False)

    def call(self, tree: Tree[Token]) -> Node:
        name, *arguments = tree.children
        return Call(start(tree), str(name), self.nodes(arguments))

    def parentheses(self, tree: Tree[Token]) -> Node:
        items = self.nodes(tree.children)
        return items[0] if len(items) == 1 else Tuple(start(tree), items)

    def if_block(self, tree: Tree[Token]) -> Node:
        condition, then, otherwise = tree.children
        return If(start(tree), self.node(condition), self.node(then), self.maybe(otherwise))

    conditional = if_block

    def while_loop(self, tree: Tree[Token]) -> Node:
        condition, body = trees(tree)
        return While(start(tree), self.node(condition), self.block(body))

    def foreach_loop(self, tree: Tree[Token]) -> Node:
        name, collection, body = tree.children
        variable = Variable(cast("Token", name).start_pos or 0, str(name))
        return ForEach(start(tree), variable, self.maybe(collection), self.block(cast("Tree[Token]", body)))

    def for_loop(self, tree: Tree[Token]) -> Node:
        first, condition, step, body = trees(tree)
        return For(start(tree), self.node(first), self.node(condition), self.node(step), self.block(body))

    def delay(self, tree: Tree[Token]) -> Node:
        opening, closing = cast("Token", tree.children[4]), cast("Token", tree.children[6])
        return Delay(start(tree), self.node(tree.children[2]), self.source[opening.end_pos : closing.start_pos])

    def remote(self, tree: Tree[Token]) -> Node:
        return Remote(start(tree), self.node(tree.children[2]))

    def select(self, tree: Tree[Token]) -> Node:
        columns = tuple(self.column(child) for child in trees(tree) if child.data == "column")
        conditions = tuple(self.condition(child) for child in trees(tree) if child.data == "condition")
        return Select(start(tree), columns, conditions)

    def column(self, tree: Tree[Token]) -> Column:
        first, second = tree.children
        return Column(str(second), str(first)) if second else Column(str(first), "")

    def condition(self, tree: Tree[Token]) -> Condition:
        column, first, *others = tree.children
        tests = [first, *others[1::2]]
        junction = str(others[0]) if others else ""
        name = str(cast("Tree[Token]", column).children[0])
        return Condition(name, tuple(self.test(cast("Tree[Token]", test)) for test in tests), junction)

    def test(self, tree: Tree[Token]) -> Test:
        operator, *values = tree.children
        name = " ".join(str(operator).lower().split())
        return Test({"==": "=", "!=": "<>"}.get(name, name), self.nodes(values))

    def maybe(self, branch: Branch | None) -> Node | None:
        """The expression under a branch that may be missing."""
        return self.node(branch) if branch is not None else None

    def nodes(self, branches: Sequence[Branch | None]) -> tuple[Node, ...]:
        return tuple(self.node(branch) for branch in branches if branch is not None)


def trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if child is not None and not isinstance(child, str)]


def start(tree: Tree[Token]) -> int:
    return int(getattr(tree.meta, "start_pos", 0))


def text(position: int, raw: str) -> Node:
    """A string as written between its quotes: escapes undone, ``*x`` and ``$x`` made variables."""
    parts: list[str | Variable] = []
    for piece in PIECE.finditer(raw):
        escaped, variable, plain = piece.groups()
        if variable:
            parts.append(Variable(position + piece.start() + 1, variable))
            continue
        character = ESCAPES.get(escaped, escaped) if escaped else plain
        if parts and isinstance(parts[-1], str):
            parts[-1] += character
        else:
            parts.append(character)
    if not any(isinstance(part, Variable) for part in parts):
        return Literal(position, "".join(str(part) for part in parts))
    return Text(position, tuple(parts))
