"""Conformance of the embedded zone: what a real server answered, asked again of ours and compared."""

from tests.sandbox.conformance.replay import run
from tests.sandbox.conformance.report import Report

__all__ = ["Report", "run"]
