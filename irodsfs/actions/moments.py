"""Times as people write them."""

from __future__ import annotations

import re
import time
from datetime import datetime

from irodsfs.actions.action_failures import Failure

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhdw])[a-z]*(?:\s+ago)?", re.IGNORECASE)


def moment(text: str) -> int:
    """Seconds since 1970: an age (`90s`, `15m`, `2h`, `7d`, `1w`), a date or time in ISO's form, or `@SECONDS`.

    Times without a zone of their own are local. Raises `Failure`.
    """
    stripped = text.strip()
    age = _AGE.fullmatch(stripped)
    if age is not None:
        return int(time.time() - float(age[1]) * _SECONDS[age[2].lower()])
    try:
        if stripped.startswith("@"):
            return int(stripped[1:])
        return int(datetime.fromisoformat(stripped).timestamp())
    except (ValueError, OverflowError, OSError):
        raise Failure(text, "is no time", "write an age as 2h or 7d, or a date as 2026-11-27") from None
