"""Rules: text in the form of irule's files, run by the server (API 625)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from irods.api_number import api_number
from irods.column import Column, String
from irods.message import (
    ET,
    STR_PI,
    MsParam,
    MsParamArray,
    RodsHostAddress,
    RuleExecutionRequest,
    StringStringMap,
)
from irods.models import Zone as ZoneTable

from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.queries import Query, equal
from irodsfs.grid.zone import Zone

STANDARD_ERROR = "ruleExecErrorOut"
EXTERNAL = "@external\n"
RULE_LANGUAGE = "irods_rule_engine_plugin-irods_rule_language"
PYTHON = "irods_rule_engine_plugin-python"
"""What the names of instances of the engines begin with that understand rules as text."""

_INPUT = re.compile(r"^[ \t]*input[ \t]+(?P<list>.*)$", re.IGNORECASE | re.MULTILINE)
_OUTPUT = re.compile(r"^[ \t]*output[ \t]+(?P<list>.*)$", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(r"""\s*(?P<name>\*\w+)\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,]*)\s*(?:,|$)""")
_PYTHON_RULE = re.compile(r"^def\s+main\s*\(", re.MULTILINE)
_CONNECTION = Column(String, "ZONE_CONNECTION", 104)
_FIELDS = ("myStr", "myInt", "myDouble")
"""Where the value of an output lies, whatever its type."""


class Element(Protocol):
    """An element as python-irodsclient's parsers make them."""

    text: str | None

    def find(self, name: str) -> Element | None: ...

    def findall(self, name: str) -> list[Element]: ...


class RuleSyntaxError(ValueError):
    """The INPUT or OUTPUT line of a rule can't be read."""


@dataclass(frozen=True)
class Rule:
    """The text of a rule without its INPUT and OUTPUT lines; inputs and the names of outputs that those give."""

    body: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()

    def with_inputs(self, overrides: Mapping[str, str]) -> Rule:
        """The same rule, given other values. Raises `RuleSyntaxError` for one that it has no input for."""
        unknown = overrides.keys() - self.inputs.keys()
        if unknown:
            known = ", ".join(self.inputs) or "none"
            raise RuleSyntaxError(f"the rule has no input {', '.join(sorted(unknown))}: its inputs are {known}")
        return Rule(self.body, {**self.inputs, **overrides}, self.outputs)


@dataclass(frozen=True)
class Output:
    """A named output; `is_number` when the rule computed an integer."""

    name: str
    value: str
    is_number: bool = False


def parse(text: str) -> Rule:
    """A rule as irule reads it from a file: its body, a line `INPUT *a="x",*b=1` and a line `OUTPUT *c,ruleExecOut`."""
    inputs, outputs = _last(_INPUT, text), _last(_OUTPUT, text)
    body = text[: min(inputs.start() if inputs else len(text), outputs.start() if outputs else len(text))]
    return Rule(
        body.replace("\r\n", "\n"),
        _parameters(inputs["list"]) if inputs else {},
        _names(outputs["list"]) if outputs else (),
    )


def _last(line: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(line.finditer(text), key=lambda found: found.start(), default=None)


def _parameters(listed: str) -> dict[str, str]:
    listed = listed.strip()
    if listed.lower() in ("", "null"):
        return {}
    parameters = {}
    position = 0
    while position < len(listed):
        found = _PARAMETER.match(listed, position)
        if found is None:
            raise RuleSyntaxError(f'INPUT {listed!r}: write *name="value" for each, separated by commas')
        parameters[found["name"]] = found["value"].strip()
        position = found.end()
    return parameters


def _names(listed: str) -> tuple[str, ...]:
    names = [name.strip() for name in listed.split(",")]
    return tuple(name for name in names if name and name.lower() != "null")


NOWHERE = RodsHostAddress(hostAddr="", rodsZone="", port=0, dummyInt=0)
"""The server that is asked runs the rule."""


async def execute(zone: Zone, rule: Rule, *, external: bool = True, where: RodsHostAddress = NOWHERE) -> list[Output]:
    """Run a rule and bring its outputs, standard output and error among them. Raises the zone's or the rule's error."""
    (engines,) = await zone.fly(_request(Rule(""), where, available="true"), repeat=True)
    named = engine_for(rule, engines.told() or "")
    # Without a name the server tries all its engines, and tells nobody that the rule has failed.
    keywords = {"instance_name": named} if named else {}
    (reply,) = await zone.perform(_request(rule, where, external=external, **keywords))
    return _outputs(reply)


async def server_of(zone: Zone, name: str) -> RodsHostAddress | None:
    """Where rules run in a zone of that name; None when its server is not known. One flight."""
    if name == zone.name:
        return NOWHERE
    (rows,) = await zone.query(Query((_CONNECTION,), ((ZoneTable.name, equal(name)),)))
    host, _, port = rows[0][0].partition(":") if rows else ("", "", "")
    return RodsHostAddress(hostAddr=host, rodsZone=name, port=int(port or 0), dummyInt=0) if host else None


def engine_for(rule: Rule, listed: str) -> str | None:
    """The engine for a rule, of those that the server lists, one in a line; None where it has none for its language."""
    kind = PYTHON if _PYTHON_RULE.search(rule.body) else RULE_LANGUAGE
    return next((line.strip() for line in listed.splitlines() if line.strip().startswith(kind)), None)


def _request(rule: Rule, where: RodsHostAddress, *, external: bool = False, **keywords: str) -> Request:
    parameters = [_parameter(name, value) for name, value in rule.inputs.items()]
    message = RuleExecutionRequest(
        myRule=(EXTERNAL if external else "") + rule.body,
        addr=where,
        condInput=StringStringMap(keywords),
        outParamDesc="%".join(rule.outputs),
        inpParamArray=MsParamArray(paramLen=len(parameters), oprType=0, MsParam_PI=parameters),
    )
    return Request(api_number["EXEC_MY_RULE_AN"], message, large_reply=True)


def _parameter(name: str, value: str) -> MsParam:
    return MsParam(label=name, type="STR_PI", inOutStruct=STR_PI(myStr=value))


def _outputs(reply: Reply) -> list[Output]:
    if not reply.body:
        return []
    found: list[Output] = []
    for parameter in ET().fromstring(reply.body).findall("MsParam_PI"):
        found += _output(parameter)
    return found


def _output(parameter: Element) -> list[Output]:
    name, kind = _text(parameter.find("label")), _text(parameter.find("type"))
    value = parameter.find(kind) if kind else None
    if value is None:
        return [Output(name, "")]
    if kind == "ExecCmdOut_PI":
        texts = [_buffer(each) for each in value.findall("BinBytesBuf_PI")] + ["", ""]
        return [Output(name, texts[0]), Output(STANDARD_ERROR, texts[1])]
    texts = [_text(value.find(field)) for field in _FIELDS]
    return [Output(name, "".join(texts), is_number=kind == "INT_PI")]


def _buffer(buffer: Element) -> str:
    return base64.b64decode(_text(buffer.find("buf"))).rstrip(b"\0").decode("utf-8", "replace")


def _text(element: Element | None) -> str:
    return (element.text or "") if element is not None else ""
