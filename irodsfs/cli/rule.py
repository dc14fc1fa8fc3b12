from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from irodsfs.cli.answers import HERE, AsJson, OnMount, control_of, show_json
from irodsfs.errors import ConfigurationError

STANDARD_INPUT = "-"
STREAMS = {"ruleExecOut": False, "ruleExecErrorOut": True}
"""Outputs that are printed as they are, and whether on stderr."""


def rule(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A rule as irule takes it (.r); - is standard input.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[*NAME=VALUE]...", show_default=False, help="Other inputs.")
    ] = None,
    mount: OnMount = HERE,
    as_json: AsJson = False,
) -> None:
    """Run a rule in a mounted zone and print its outputs."""
    request = {
        "ruleAsOriginalText": _read(file),
        "irodsRuleInputParameters": [_parameter(each) for each in parameters or []],
    }
    with control_of(mount) as control:
        outputs = control.request("POST", "/rule", json=request)["outputParameterResults"]
    if as_json:
        show_json(outputs)
        return
    for output in outputs:
        name, value = output["parameterName"], output["resultObject"]
        if name in STREAMS:
            typer.echo(value, nl=False, err=STREAMS[name])
        else:
            typer.echo(f"{name} = {value}")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == STANDARD_INPUT else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} can't be read ({error}): name a file with a rule.") from None


def _parameter(given: str) -> dict[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name.startswith("*"):
        raise ConfigurationError(f"{given!r} is no parameter: write '*name=value', with quotes around text.")
    return {"name": name, "value": value}
