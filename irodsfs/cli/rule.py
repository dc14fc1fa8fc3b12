from __future__ import annotations

import sys
from pathlib import Path

import click

from irodsfs.cli.answers import control_of, show_json
from irodsfs.cli.parameters import as_json, on_mount
from irodsfs.user_errors import ConfigurationError

STANDARD_INPUT = "-"
STREAMS = {"ruleExecOut": False, "ruleExecErrorOut": True}
"""Outputs that are printed as they are, and whether on stderr."""


@click.command()
@click.argument("file", help="A rule as irule takes it (.r); - is standard input.")
@click.argument("parameters", metavar="[*NAME=VALUE]...", nargs=-1, help="Other inputs.")
@click.option("--zone", metavar="NAME", help="Run it on the server of another zone.")
@on_mount
@as_json
def rule(file: str, parameters: tuple[str, ...], zone: str | None, mount: Path, as_json: bool) -> None:
    """Run a rule in a mounted zone and print its outputs."""
    request: dict[str, object] = {
        "ruleAsOriginalText": _read(file),
        "irodsRuleInputParameters": [_parameter(each) for each in parameters],
    }
    if zone:
        request["zone"] = zone
    with control_of(mount) as control:
        outputs = control.request("POST", "/rule", document=request)["outputParameterResults"]
    if as_json:
        show_json(outputs)
        return
    for output in outputs:
        name, value = output["parameterName"], output["resultObject"]
        if name in STREAMS:
            click.echo(value, nl=False, err=STREAMS[name])
        else:
            click.echo(f"{name} = {value}")


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
