"""Sizes and times for people."""

from __future__ import annotations

import time

_STEP = 1024
_UNITS = ("", "K", "M", "G", "T", "P", "E")


def size(number: int) -> str:
    """Bytes, as `ls -h` writes them: 0, 1023, 4.0K, 17M."""
    value, unit = float(number), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    if unit == 0:
        return str(number)
    return f"{value:.1f}{_UNITS[unit]}" if value < 9.95 else f"{value:.0f}{_UNITS[unit]}"


def moment(seconds: int) -> str:
    """Local time, to the second, as the zone keeps it; `-` where it keeps none."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else "-"
