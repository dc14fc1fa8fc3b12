"""Conformance of the embedded zone: what a real server answered, asked again of ours and compared."""

from irodsfs.sandbox.conformance.replay import run
from irodsfs.sandbox.conformance.report import Report

__all__ = ["Report", "run"]
