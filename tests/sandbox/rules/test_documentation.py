from __future__ import annotations

import re
from pathlib import Path

from irodsfs.sandbox.rules.functions import FUNCTIONS
from irodsfs.sandbox.rules.microservices import MICROSERVICES
from irodsfs.sandbox.rules.special_functions import SPECIAL_FUNCTIONS

PAGE = Path(__file__).parents[3] / "docs" / "rule-language.md"
INTERNAL = {"neg"}


def test_every_function_and_microservice_is_listed() -> None:
    listed = set(re.findall(r"\w+", PAGE.read_text("utf-8")))
    names = {*FUNCTIONS, *SPECIAL_FUNCTIONS, *MICROSERVICES} - INTERNAL
    assert {name for name in names if name.isalnum()} - listed == set()
