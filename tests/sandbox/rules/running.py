"""Runs rules without a zone: the language alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from irodsfs.sandbox.rules.execution import Execution
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Value
from irodsfs.sandbox.rules.wire_parameters import Parameter, parameter_of, value_of

WAIT_SECONDS = 20


@dataclass(frozen=True)
class Run:
    """What came of a text: status, what it wrote, values of the parameters asked for, and the trail of messages."""

    status: int
    stdout: str
    stderr: str
    values: dict[str, Value]
    trail: str
    returned: list[Parameter]


def run(text: str, parameters: Mapping[str, Value] | None = None, wanted: str = "ruleExecOut") -> Run:
    """Runs a whole text."""
    rei = RuleExecInfo()
    given = [parameter_of(label, value) for label, value in (parameters or {}).items()]
    execution = Execution(rei, text, given, wanted.split("%"))
    status = 0
    try:
        execution.run()
    except RuleError as error:
        status = error.code
    answer = execution.answer()
    values = {parameter.label: value_of(parameter) for parameter in answer if parameter.label != "ruleExecOut"}
    output = rei.output
    return Run(status, output.text("stdout"), output.text("stderr"), values, rei.trail.text(), answer)


def run_actions(actions: str, **variables: Value) -> Run:
    """Runs the actions of one rule, with variables given without their asterisks."""
    return run(f"rule {{ {actions} }}", {f"*{name}": value for name, value in variables.items()})


def value(expression: str, **variables: Value) -> str:
    """An expression's value as writeLine shows it; an error's code when there is none."""
    ran = run_actions(f'writeString("stdout", {expression});', **variables)
    return str(ran.status) if ran.status else ran.stdout


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition holds before long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
    return False
