"""Runs the text a client submits, with its parameters, and collects what goes back."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.rules import static_check
from irodsfs.sandbox.rules.failures import Break, Failure, RuleError, Succeed, located
from irodsfs.sandbox.rules.interpreter import Interpreter
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.rule_parser import SyntaxFailure, parse_rules, parse_term
from irodsfs.sandbox.rules.rule_syntax import Rule
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.values import Value
from irodsfs.sandbox.rules.wire_parameters import Parameter, array, parameter_of, received, value_of
from irodsfs.sandbox.session import Session

DEEPEST = 10_000
"""Frames: a rule that calls itself a few hundred times is nothing unusual, and each call takes eight or so here."""

EXTERNAL = "@external\n"
OUTPUT = "ruleExecOut"
ALL = "allMsParam"


@dataclass
class Execution:
    """A run of submitted text; after ``run``, ``parameters`` are what the client asked for."""

    rei: RuleExecInfo
    text: str
    parameters: list[Parameter]
    wanted: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Runs the first rule of the text; raises RuleError."""
        sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
        known = {parameter.label for parameter in self.parameters}
        self.parameters += [Parameter(label) for label in self.wanted if label not in known | {ALL}]
        shared = Scope()
        try:
            source = self.bind(shared)
            shared.variables.pop(OUTPUT, None)
            interpreter = Interpreter(self.rei, self.rules(source), source)
            interpreter.run(interpreter.all_rules[0], [], shared)
            self.parameters = [self.renewed(parameter, shared) for parameter in self.parameters]
        except (RecursionError, OverflowError, ValueError):
            raise RuleError(Failure.RUNTIME) from None
        finally:
            self.add_output()

    def bind(self, shared: Scope) -> str:
        """Makes variables of the parameters, and returns the text that is left to be parsed.

        In text that says ``@external`` on a line of its own they are expressions, else plain values.
        """
        if self.text.startswith(EXTERNAL):
            for parameter in self.parameters:
                shared.variables[parameter.label] = self.computed(parameter, shared)
            return self.text.removeprefix(EXTERNAL)
        for parameter in self.parameters:
            shared.variables[parameter.label] = value_of(parameter)
        return self.text

    def computed(self, parameter: Parameter, shared: Scope) -> Value:
        source = value_of(parameter)
        if source is None:
            return None
        if not isinstance(source, str):
            raise RuleError(-1)
        return evaluate(self.rei, source, shared)

    def rules(self, source: str) -> list[Rule]:
        try:
            rules = parse_rules(source)
        except SyntaxFailure as failure:
            message = located("parseRuleSet: error parsing rule.", source, failure.position)
            self.rei.trail.add(message)
            raise RuleError(Failure.PARSER) from None
        static_check.check(rules, source, self.rei)
        return rules

    def renewed(self, parameter: Parameter, shared: Scope) -> Parameter:
        if parameter.label == OUTPUT:
            return parameter
        return parameter_of(parameter.label, shared.variables.get(parameter.label))

    def add_output(self) -> None:
        output = self.rei.output
        if output.is_written:
            others = [parameter for parameter in self.parameters if parameter.label != OUTPUT]
            position = next((i for i, p in enumerate(self.parameters) if p.label == OUTPUT), len(others))
            others.insert(position, Parameter(OUTPUT, "ExecCmdOut_PI", output.struct()))
            self.parameters = others

    def answer(self) -> list[Parameter]:
        """Those parameters the client asked for that have a value."""
        if self.wanted == [ALL]:
            return self.parameters
        return [parameter for parameter in self.parameters if parameter.type and parameter.label in self.wanted]


@dataclass(frozen=True)
class Outcome:
    """What came of a run: its status, an MsParamArray_PI, and messages for the client."""

    status: int
    parameters: Struct
    errors: tuple[tuple[int, str], ...]


def execute(session: Session, struct: Struct) -> Outcome:
    """Runs what an ExecMyRuleInp_PI asks for."""
    arrays = struct.structs("MsParamArray_PI")
    rei = RuleExecInfo(session)
    given = received(arrays[0]) if arrays else []
    wanted = [name for name in struct.text("outParamDesc").split("%") if name]
    execution = Execution(rei, struct.text("myRule"), given, wanted)
    status = 0
    try:
        execution.run()
    except RuleError as error:
        status = error.code
        rei.complain(int(Failure.UNKNOWN), rei.trail.text())
    return Outcome(status, array(execution.answer()), tuple(rei.errors))


def evaluate(rei: RuleExecInfo, source: str, scope: Scope) -> Value:
    """The value of an expression; raises RuleError."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
    try:
        term = parse_term(source)
    except SyntaxFailure as failure:
        rei.trail.add(located("error: syntax error", source, failure.position))
        raise RuleError(Failure.UNPARSED_SUFFIX if begins_with_term(source, failure) else Failure.PARSER) from None
    return Interpreter(rei, [], source).evaluate(term, scope)


def begins_with_term(source: str, failure: SyntaxFailure) -> bool:
    """Whether what is before the failure is an expression of its own."""
    try:
        parse_term(source[: failure.position])
    except SyntaxFailure:
        return False
    return True


def run_later(rei: RuleExecInfo, body: str, variables: dict[str, Value]) -> int:
    """Runs the text of a delayed rule; its status."""
    scope = Scope(Scope())
    scope.variables.update(variables)
    try:
        evaluate(rei, f"{{{body}}}", scope)
    except RuleError as error:
        return error.code
    except (Break, Succeed):
        return 0
    except (IrodsError, RecursionError, OverflowError, ValueError):
        return int(Failure.RUNTIME)
    return 0
