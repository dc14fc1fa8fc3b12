"""Replays a recording from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from irodsfs.sandbox.conformance import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m irodsfs.sandbox.conformance", description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--step", help="show all differences of this step only")
    parser.add_argument("--verbose", action="store_true", help="show all differences of every step")
    options = parser.parse_args()
    run(options.recording).print(options.step, options.verbose)


if __name__ == "__main__":
    main()
