from __future__ import annotations

import sys

import click

from irodsfs.cli.parameters import as_json


@click.command()
@click.argument("zone", required=False, help="As for mount.")
@as_json
def doctor(zone: str | None, as_json: bool) -> None:
    """Examine what a mount needs, here and in the zone, step by step.

    Each step gets a tick, or a sentence with the remedy. It writes an object of 16 MiB into your home, reads it and
    removes it again. The exit status is 0 only when all is well.
    """
    # What it needs takes a while to import, and help must not wait for it.
    from irodsfs.cli.answers import show_json
    from irodsfs.cli.doctor_checks import examine

    findings = []
    for finding in examine(zone):
        findings.append(finding)
        if not as_json:
            click.echo(finding.line())
    if as_json:
        show_json([finding.document() for finding in findings])
    if any(finding.is_well is not True for finding in findings):
        sys.exit(1)
