"""Runs rules: evaluates their trees in scopes of variables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from irodsfs.sandbox.protocol.error_numbers import CODES
from irodsfs.sandbox.rules import delays, rule_queries
from irodsfs.sandbox.rules.failures import Break, Failure, RuleError, Succeed, located
from irodsfs.sandbox.rules.functions import path
from irodsfs.sandbox.rules.invocation import Calls
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.rule_syntax import (
    Assign,
    Block,
    Call,
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
    Text,
    Tuple,
    Variable,
    While,
)
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.values import (
    KeyValues,
    Path,
    QueryInput,
    QueryOutput,
    Value,
    is_iterable,
    shown_type,
    text_of,
)

CUT = -1089000
RULE_FAILED = -1101000
ARGUMENT_COUNT = -1021000
NOT_SUPPORTED = -66000
TURNS_UNWATCHED = 1000


class Interpreter:
    """Runs the rules of one text on behalf of a session."""

    def __init__(self, rei: RuleExecInfo, rules: list[Rule], source: str) -> None:
        self.rei = rei
        self.source = source
        self.all_rules = rules
        self.rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self.rules.setdefault(rule.name, []).append(rule)
        self.calls = Calls(self)

    def fail(self, code: int, message: str, node: Node) -> RuleError:
        """The error to raise, its message noted with the place in the text."""
        self.rei.trail.add(located(message, self.source, node.position))
        return RuleError(code)

    def run(self, rule: Rule, arguments: list[Value], shared: Scope) -> Value:
        """Runs a rule; the values its parameters have at the end are put into ``arguments``; raises RuleError."""
        if len(arguments) != len(rule.parameters):
            raise self.fail(ARGUMENT_COUNT, "error: action argument count mismatch", rule)
        scope = Scope(shared)
        scope.variables.update(zip(rule.parameters, arguments, strict=True))
        if rule.condition and not self.holds(rule.condition, scope):
            raise RuleError(RULE_FAILED)
        try:
            return self.evaluate(rule.body, scope)
        except (Break, Succeed):
            return 0
        finally:
            arguments[:] = [scope.variables.get(name) for name in rule.parameters]

    def holds(self, condition: Node, scope: Scope) -> bool:
        """Whether an expression is true: any number but zero is, no string is."""
        value = self.evaluate(condition, scope)
        return bool(value) if isinstance(value, bool | int | float) else False

    def evaluate(self, node: Node, scope: Scope) -> Value:
        """The value of an expression, or of the last action of a block; raises RuleError, Break or Succeed."""
        match node:
            case Literal():
                return node.value
            case Variable():
                return self.read(node, scope)
            case Text():
                return "".join(part if isinstance(part, str) else self.text(part, scope) for part in node.parts)
            case PathText():
                return path(text_of(self.evaluate(node.text, scope)))
            case Tuple():
                return tuple(self.evaluate(item, scope) for item in node.items)
            case Call():
                return self.constant(node) or self.calls.call(node, scope)
            case Assign():
                self.match(node.target, self.evaluate(node.value, scope), scope)
                return 0
            case Delay():
                return delays.submit(self.rei, text_of(self.evaluate(node.condition, scope)), node.body, scope)
            case Remote():
                raise self.fail(NOT_SUPPORTED, "error: rules cannot be run on another server", node)
        return self.control(node, scope)

    def control(self, node: Node, scope: Scope) -> Value:
        """The value of what decides itself what of it is evaluated, and how often."""
        match node:
            case Block():
                return self.act(node, scope)
            case If():
                chosen = node.then if self.holds(node.condition, scope) else node.otherwise
                return self.evaluate(chosen, scope) if chosen else 0
            case While():
                return self.repeat(node.condition, None, node.body, scope)
            case For():
                self.evaluate(node.start, scope)
                return self.repeat(node.condition, node.step, node.body, scope)
            case ForEach():
                return self.go_through(node, scope)
            case Select():
                return rule_queries.select(self, node, scope)
        raise self.fail(Failure.UNSUPPORTED_NODE, "error: unsupported ast node type.", node)

    def constant(self, node: Call) -> int | None:
        """The code of an error that is called by its name."""
        return None if node.arguments else CODES.get(node.name)

    def read(self, node: Variable, scope: Scope) -> Value:
        value = self.peek(node, scope)
        if value is None:
            kind = "local" if node.name.startswith("*") else "session"
            code = Failure.UNREADABLE_LOCAL_VARIABLE if kind == "local" else Failure.UNREADABLE_SESSION_VARIABLE
            raise self.fail(code, f"error: unable to read {kind} variable {node.name}.", node)
        return value

    def peek(self, node: Variable, scope: Scope) -> Value:
        """The value of a variable, None when it has none."""
        return scope.get(node.name) if node.name.startswith("*") else self.rei.variable(node.name)

    def text(self, node: Variable, scope: Scope) -> str:
        return self.calls.as_text(self.read(node, scope), node)

    def match(self, target: Node, value: Value, scope: Scope) -> None:
        """Binds the variables of a pattern to a value; raises RuleError when the value has another shape."""
        match target:
            case Variable(name=name) if name.startswith("*"):
                scope.set(name, value)
            case Variable():
                message = f'error: unsupported session variable "{target.name}".'
                raise self.fail(Failure.UNSUPPORTED_SESSION_VARIABLE, message, target)
            case Tuple() if isinstance(value, tuple) and len(value) == len(target.items):
                for item, part in zip(target.items, value, strict=True):
                    self.match(item, part, scope)
            case Call(name=".", arguments=(holder, key)) if isinstance(value, str):
                self.pairs(holder, scope)[self.key(key, scope)] = value
            case Literal() if target.value == value:
                return
            case _:
                raise RuleError(Failure.PATTERN_NOT_MATCHED)

    def pairs(self, holder: Node, scope: Scope) -> KeyValues:
        """The key-value pairs to be changed; a variable without a value gets fresh ones."""
        if isinstance(holder, Variable) and self.peek(holder, scope) is None:
            scope.set(holder.name, KeyValues())
        value = self.evaluate(holder, scope)
        if not isinstance(value, KeyValues):
            raise RuleError(Failure.PATTERN_NOT_MATCHED)
        return value

    def key(self, node: Node, scope: Scope) -> str:
        """What stands behind a dot: a name as it is, or an expression."""
        if isinstance(node, Call) and not node.arguments:
            return node.name
        return text_of(self.evaluate(node, scope))

    def act(self, block: Block, scope: Scope) -> Value:
        """Runs actions in order; when one fails, what undoes it and those before it is run, the last one first."""
        result: Value = 0
        is_cut = False
        for position, action in enumerate(block.actions):
            if isinstance(action.term, Call) and action.term.name == "cut":
                is_cut = True
                continue
            try:
                result = self.evaluate(action.term, scope)
            except RuleError as error:
                self.undo(block, position, scope)
                raise RuleError(CUT) if is_cut else error from None
        return result

    def undo(self, block: Block, position: int, scope: Scope) -> None:
        for action in reversed(block.actions[: position + 1]):
            if action.recovery:
                try:
                    self.evaluate(action.recovery, scope)
                except RuleError as error:
                    self.rei.trail.add(f"executeRuleRecovery failed with {error.code}")

    def repeat(self, condition: Node, step: Node | None, body: Block, scope: Scope) -> Value:
        for turn in count():
            if turn % TURNS_UNWATCHED == 0:
                self.rei.require_client()
            if not self.holds(condition, scope):
                break
            try:
                self.act(body, scope)
            except Break:
                break
            if step:
                self.evaluate(step, scope)
        return 0

    def go_through(self, node: ForEach, scope: Scope) -> Value:
        """Runs the body for each element; the variable has its old value again afterwards."""
        name = node.variable.name
        collection = self.evaluate(node.collection or node.variable, scope)
        before = scope.variables.get(name)
        try:
            for element in self.elements(collection, node):
                scope.set(name, element)
                try:
                    self.act(node.body, scope)
                except Succeed:
                    continue
        except Break:
            return 0
        finally:
            scope.variables.pop(name, None)
            if before is not None:
                scope.set(name, before)
        return 0

    def elements(self, collection: Value, node: ForEach) -> Iterator[Value]:
        match collection:
            case (QueryInput() as question, QueryOutput() as answer):
                return rule_queries.all_rows(self.rei, question, answer)
            case str() if not isinstance(collection, Path) and node.collection is None:
                return iter(part for part in collection.split(",") if part)
            case QueryOutput():
                return iter(collection.rows)
            case list() | KeyValues():
                return iter(list(collection))
        if is_iterable(collection) or isinstance(collection, str):
            raise self.fail(Failure.TYPE, "type error: parameter type error in foreach2", node)
        raise self.fail(Failure.DYNAMIC_TYPE, f"{shown_type(collection)} is not a collection type.", node)
