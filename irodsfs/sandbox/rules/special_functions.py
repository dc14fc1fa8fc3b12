"""The functions that decide themselves what of their arguments is evaluated, or act on the run itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules import zone_requests
from irodsfs.sandbox.rules.failures import Break, Failure, RuleError, Succeed
from irodsfs.sandbox.rules.rule_parser import SyntaxFailure, parse_term
from irodsfs.sandbox.rules.rule_syntax import Call, Node, Variable
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.values import KeyValues, Value, text_of

if TYPE_CHECKING:
    from irodsfs.sandbox.rules.interpreter import Interpreter

FAILED = code_of("FAIL_ACTION_ENCOUNTERED_ERR")
UNMATCHED_KEY = code_of("UNMATCHED_KEY_OR_INDEX")

Run = Callable[["Interpreter", Call, Scope], Value]


@dataclass(frozen=True)
class SpecialFunction:
    """What runs it and how many arguments it takes."""

    run: Run
    least: int
    most: int

    def accepts(self, count: int) -> bool:
        return self.least <= count <= self.most


SPECIAL_FUNCTIONS: dict[str, SpecialFunction] = {}


def special(name: str, least: int, most: int | None = None) -> Callable[[Run], Run]:
    """Registers the decorated function under a name of the rule language, with the number of its arguments."""

    def register(run: Run) -> Run:
        SPECIAL_FUNCTIONS[name] = SpecialFunction(run, least, least if most is None else most)
        return run

    return register


@special("nop", 0)
def nothing(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    return 0


@special("break", 0)
def leave_loop(interpreter: Interpreter, node: Call, scope: Scope) -> NoReturn:
    raise Break


@special("succeed", 0)
def succeed(interpreter: Interpreter, node: Call, scope: Scope) -> NoReturn:
    raise Succeed


@special("fail", 0, 1)
def fail(interpreter: Interpreter, node: Call, scope: Scope) -> NoReturn:
    code = whole(interpreter, node.arguments[0], scope) if node.arguments else FAILED
    raise interpreter.fail(code, "fail action encountered", node)


@special("failmsg", 2)
def fail_with_message(interpreter: Interpreter, node: Call, scope: Scope) -> NoReturn:
    code, message = node.arguments
    raise interpreter.fail(whole(interpreter, code, scope), text_of(interpreter.evaluate(message, scope)), node)


def whole(interpreter: Interpreter, node: Node, scope: Scope) -> int:
    value = interpreter.evaluate(node, scope)
    if isinstance(value, bool) or not isinstance(value, int):
        raise interpreter.fail(Failure.TYPE, "type error: parameter type error in fail", node)
    return value


@special("errorcode", 1)
def error_code(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    try:
        interpreter.evaluate(node.arguments[0], scope)
    except RuleError as error:
        return error.code
    return 0


@special("errormsg", 2)
def error_message(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    code = error_code(interpreter, node, scope)
    store(interpreter, node.arguments[1], interpreter.rei.trail.text(), scope)
    interpreter.rei.trail.messages.clear()
    return code


@special("getstdout", 2)
def standard_output(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    return written(interpreter, node, scope, "stdout")


@special("getstderr", 2)
def standard_error(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    return written(interpreter, node, scope, "stderr")


def written(interpreter: Interpreter, node: Call, scope: Scope, target: str) -> Value:
    output = interpreter.rei.output
    if not output.is_written:
        raise interpreter.fail(Failure.RUNTIME, "ruleExecOut not set", node)
    before = output.text(target)
    result = interpreter.evaluate(node.arguments[0], scope)
    store(interpreter, node.arguments[1], output.text(target)[len(before) :], scope)
    return result


def store(interpreter: Interpreter, target: Node, text: str, scope: Scope) -> None:
    if not isinstance(target, Variable):
        raise interpreter.fail(Failure.UNSUPPORTED_NODE, "unsupported output parameter type", target)
    scope.set(target.name, text)


@special(".", 2)
def value_by_key(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    holder, name = node.arguments
    pairs = interpreter.evaluate(holder, scope)
    if not isinstance(pairs, KeyValues):
        raise interpreter.fail(Failure.TYPE, "type error: parameter type error in .", node)
    key = interpreter.key(name, scope)
    if key not in pairs:
        raise interpreter.fail(UNMATCHED_KEY, f"unmatched key {key}", node)
    return pairs[key]


@special("eval", 1)
def evaluate_text(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    source = text_of(interpreter.evaluate(node.arguments[0], scope))
    try:
        term = parse_term(source)
    except SyntaxFailure:
        raise interpreter.fail(Failure.PARSER, "error: syntax error", node) from None
    return type(interpreter)(interpreter.rei, interpreter.all_rules, source).evaluate(term, scope)


@special("writeLine", 2)
def write_line(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    target, text = (text_of(interpreter.evaluate(argument, scope)) for argument in node.arguments)
    zone_requests.write_text(interpreter.rei, target, text)
    if target != "serverLog":
        zone_requests.write_text(interpreter.rei, target, "\n")
    return 0


@special("writeString", 2)
def write_string(interpreter: Interpreter, node: Call, scope: Scope) -> Value:
    target, text = (text_of(interpreter.evaluate(argument, scope)) for argument in node.arguments)
    zone_requests.write_text(interpreter.rei, target, text)
    return 0
