"""Which function is which microservice, and how microservices read their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Value, integer, leading_integer

Run = Callable[[RuleExecInfo, list[Value]], "int | None"]

TYPE_ERROR = code_of("USER_PARAM_TYPE_ERR")
NULL_INPUT = code_of("USER__NULL_INPUT_ERR")
BAD_KEYWORD = code_of("USER_BAD_KEYWORD_ERR")
NULL_NUMBER = -99999996
NULL = "null"


@dataclass(frozen=True)
class Microservice:
    """What runs it, and how many parameters it has."""

    function: Run
    arity: int

    def run(self, rei: RuleExecInfo, arguments: list[Value]) -> int:
        """Its status; what it gives back is put into ``arguments``. Raises RuleError."""
        return self.function(rei, arguments) or 0


MICROSERVICES: dict[str, Microservice] = {}


def microservice(name: str, arity: int) -> Callable[[Run], Run]:
    """Registers the decorated function as a microservice."""

    def register(function: Run) -> Run:
        MICROSERVICES[name] = Microservice(function, arity)
        return function

    return register


def string(value: Value, code: int = TYPE_ERROR) -> str:
    """A parameter that must be a string; raises RuleError with the code."""
    if not isinstance(value, str):
        raise RuleError(code)
    return value


def given(value: Value, code: int = NULL_INPUT) -> str:
    """A string other than ``null``; raises RuleError with the code."""
    if not isinstance(value, str) or value == NULL:
        raise RuleError(code)
    return value


def number(value: Value) -> int:
    """A whole number, given as a number or as text; raises RuleError."""
    if value == NULL:
        raise RuleError(NULL_NUMBER)
    if isinstance(value, str):
        return leading_integer(value)
    if not isinstance(value, int | float):
        raise RuleError(TYPE_ERROR)
    return integer(value)


def options(value: Value, allowed: set[str], hint: str) -> dict[str, str]:
    """Keywords given as ``a=x++++b=y``; text without ``=`` is the value of ``hint``, or a keyword when that is "".

    Raises RuleError for a keyword that is not allowed.
    """
    found: dict[str, str] = {}
    for part in string(value).split("++++"):
        if part in ("", NULL):
            break
        keyword, equals, content = part.partition("=")
        if not equals:
            keyword, content = (hint, part) if hint else (part, "")
        if keyword not in allowed:
            raise RuleError(BAD_KEYWORD)
        found[keyword] = content
    return found
