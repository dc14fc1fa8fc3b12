from __future__ import annotations

import pytest

from irodsfs.sandbox.rules.repetition import Next, after_run

NOW = 1_000_000


@pytest.mark.parametrize(
    ("frequency", "succeeded", "following"),
    [
        ("", True, None),
        ("30s", True, Next(NOW + 30, "30s")),
        ("2m REPEAT FOR EVER", False, Next(NOW + 120, "2m REPEAT FOR EVER")),
        ("1h DOUBLE FOR EVER", True, Next(NOW + 3600, "2h DOUBLE FOR EVER")),
        ("1s REPEAT UNTIL SUCCESS", True, None),
        ("1s REPEAT UNTIL SUCCESS", False, Next(NOW + 1, "1s REPEAT UNTIL SUCCESS")),
        ("1s DOUBLE UNTIL SUCCESS", False, Next(NOW + 1, "2s DOUBLE UNTIL SUCCESS")),
        (
            "1s REPEAT UNTIL SUCCESS OR 3 TIMES",
            False,
            Next(NOW + 1, "1s REPEAT UNTIL SUCCESS OR 2 TIMES. ORIGINAL TIMES=3"),
        ),
        (
            "1s REPEAT UNTIL SUCCESS OR 2 TIMES. ORIGINAL TIMES=3",
            False,
            Next(NOW + 1, "1s REPEAT UNTIL SUCCESS OR 1 TIMES. ORIGINAL TIMES=3"),
        ),
        ("1s REPEAT UNTIL SUCCESS OR 1 TIMES. ORIGINAL TIMES=3", False, None),
        (f"1s REPEAT UNTIL {NOW}", True, None),
        (f"1s REPEAT UNTIL {NOW + 5}", True, Next(NOW + 1, f"1s REPEAT UNTIL {NOW + 5}")),
        (f"1s DOUBLE UNTIL SUCCESS OR UNTIL {NOW}", False, None),
    ],
)
def test_what_comes_after_a_run(frequency: str, succeeded: bool, following: Next | None) -> None:
    assert after_run(frequency, NOW, succeeded) == following
