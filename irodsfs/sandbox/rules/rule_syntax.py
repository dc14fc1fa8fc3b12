"""What a rule's text says, as a tree. ``position`` is an offset into that text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    position: int


@dataclass(frozen=True)
class Literal(Node):
    value: bool | int | float | str


@dataclass(frozen=True)
class Variable(Node):
    """``*local`` or ``$session``, the sign included."""

    name: str


@dataclass(frozen=True)
class Text(Node):
    """A string with variables in it."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True)
class PathText(Node):
    """A path written without quotes."""

    text: Node


@dataclass(frozen=True)
class Tuple(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Call(Node):
    """A function, rule or microservice applied to arguments; operators too, by their sign."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Assign(Node):
    target: Node
    value: Node


@dataclass(frozen=True)
class Action:
    """A step of a rule and what undoes it."""

    term: Node
    recovery: Node | None


@dataclass(frozen=True)
class Block(Node):
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node | None


@dataclass(frozen=True)
class While(Node):
    condition: Node
    body: Block


@dataclass(frozen=True)
class For(Node):
    start: Node
    condition: Node
    step: Node
    body: Block


@dataclass(frozen=True)
class ForEach(Node):
    """``collection`` is None when the variable itself holds what is gone through."""

    variable: Variable
    collection: Node | None
    body: Block


@dataclass(frozen=True)
class Delay(Node):
    condition: Node
    body: str


@dataclass(frozen=True)
class Remote(Node):
    """Actions for another server."""

    host: Node


@dataclass(frozen=True)
class Column:
    name: str
    function: str


@dataclass(frozen=True)
class Test:
    operator: str
    values: tuple[Node, ...]


@dataclass(frozen=True)
class Condition:
    """Tests of one column, all joined by the same ``&&`` or ``||``."""

    column: str
    tests: tuple[Test, ...]
    junction: str


@dataclass(frozen=True)
class Select(Node):
    columns: tuple[Column, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Rule(Node):
    """``condition`` is None for a rule that always applies; a function's body is an expression."""

    name: str
    parameters: tuple[str, ...]
    condition: Node | None
    body: Node
