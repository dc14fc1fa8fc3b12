"""Calls: which function, rule or microservice a name stands for, and what its arguments become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules.failures import Failure, RuleError, located
from irodsfs.sandbox.rules.functions import FUNCTIONS, text
from irodsfs.sandbox.rules.microservices import MICROSERVICES
from irodsfs.sandbox.rules.rule_syntax import Call, Node, Variable
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.special_functions import SPECIAL_FUNCTIONS
from irodsfs.sandbox.rules.values import Path, Refusal, Time, Value

if TYPE_CHECKING:
    from irodsfs.sandbox.rules.interpreter import Interpreter

# Rules in the core.re of a fresh server; the message counts them, though none is run here
CORE_RULES = 26
CUT = code_of("CUT_ACTION_PROCESSED_ERR")


class Calls:
    """The calls of one interpreter."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.rei = interpreter.rei

    def call(self, node: Call, scope: Scope) -> Value:
        """What the call returns; raises RuleError, Break or Succeed."""
        if node.name in SPECIAL_FUNCTIONS:
            return SPECIAL_FUNCTIONS[node.name].run(self.interpreter, node, scope)
        if node.name in FUNCTIONS:
            values = [self.interpreter.evaluate(argument, scope) for argument in node.arguments]
            try:
                return FUNCTIONS[node.name](values)
            except Refusal as refusal:
                raise self.interpreter.fail(refusal.code, str(refusal), node) from None
        return self.call_by_name(node, scope)

    def as_text(self, value: Value, node: Node) -> str:
        """What ``str`` makes of a value."""
        try:
            return text(value)
        except Refusal as refusal:
            raise self.interpreter.fail(refusal.code, str(refusal), node) from None

    def call_by_name(self, node: Call, scope: Scope) -> Value:
        """Calls a rule or microservice; the variables among its arguments get the values it leaves in them."""
        values = [self.argument(argument, scope) for argument in node.arguments]
        before = list(values)
        result = self.apply(node, values, scope)
        for argument, old, new in zip(node.arguments, before, values, strict=True):
            if isinstance(argument, Variable) and new is not None and (type(old) is not type(new) or old != new):
                scope.set(argument.name, new)
        return result

    def argument(self, node: Node, scope: Scope) -> Value:
        if isinstance(node, Variable):
            return self.interpreter.peek(node, scope)
        return self.interpreter.evaluate(node, scope)

    def apply(self, node: Call, values: list[Value], scope: Scope) -> Value:
        rules = self.interpreter.rules.get(node.name, [])
        failure: RuleError | None = None
        for rule in (rule for rule in rules if len(rule.parameters) == len(values)):
            if failure:
                self.rei.trail.separate()
            attempt = list(values)
            try:
                result = self.interpreter.run(rule, attempt, scope.shared)
            except RuleError as error:
                failure = error
                if error.code == CUT:
                    break
            else:
                values[:] = attempt
                return result
        if failure:
            raise failure
        return self.serve(node, values)

    def serve(self, node: Call, values: list[Value]) -> Value:
        """Calls a microservice.

        Texts alone go to it by another way than other values, as in the server: there its failures have other codes
        and leave no place in the text.
        """
        is_plain = node.name not in self.interpreter.rules and all(type(value) is str for value in values)
        service = MICROSERVICES.get(node.name)
        if service is None and is_plain:
            raise RuleError(code_of("NO_MICROSERVICE_FOUND_ERR"))
        if service is None:
            message = f'error: cannot find rule for action "{node.name}" available: {CORE_RULES}.'
            raise self.interpreter.fail(code_of("NO_RULE_OR_MSI_FUNCTION_FOUND_ERR"), message, node)
        if service.arity != len(values) and is_plain:
            raise RuleError(code_of("ACTION_ARG_COUNT_MISMATCH"))
        if service.arity != len(values):
            message = "execMicroService3: wrong number of arguments"
            raise self.interpreter.fail(code_of("ACTION_ARG_COUNT_MISMATCH"), message, node)
        values[:] = [self.packed(value, node) for value in values]
        try:
            status = service.run(self.rei, values)
        except RuleError as error:
            if not is_plain:
                self.note(node)
            raise error from None
        return 0 if is_plain else status

    def packed(self, value: Value, node: Node) -> Value:
        """The value as microservices get it."""
        if isinstance(value, bool | tuple):
            message = "execMicroService3: error converting arguments to MsParam"
            raise self.interpreter.fail(Failure.PACKING, message, node)
        if isinstance(value, Time):
            return value.seconds
        return str(value) if isinstance(value, Path) else value

    def note(self, node: Node) -> None:
        """Takes what the microservice told the client into the trail, and where it was called."""
        for _, message in self.rei.errors:
            self.rei.trail.add(message)
        self.rei.errors.clear()
        message = "execMicroService3: error when executing microservice"
        self.rei.trail.add(located(message, self.interpreter.source, node.position))
