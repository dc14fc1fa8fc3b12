from __future__ import annotations

from irodsfs.grid import access_levels
from irodsfs.grid.access_levels import CREATE_OBJECT, DELETE_OBJECT, MODIFY_OBJECT, OWN, READ_OBJECT
from irodsfs.grid.permissions import LEVELS


def test_a_higher_level_includes_the_lower_ones() -> None:
    assert READ_OBJECT < CREATE_OBJECT < MODIFY_OBJECT < DELETE_OBJECT < OWN


def test_the_numbers_are_those_that_zones_have_names_for() -> None:
    for name, number in vars(access_levels).items():
        if name.isupper():
            assert LEVELS[number] == name.lower()
