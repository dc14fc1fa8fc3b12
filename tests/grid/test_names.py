from __future__ import annotations

import pytest

from irodsfs.grid.names import check_collection_path, check_name, zone_of


@pytest.mark.parametrize(("path", "zone"), [("/z/home/a", "z"), ("/z", "z"), ("/", ""), ("", "")])
def test_the_zone_of_a_path_is_its_first_name(path: str, zone: str) -> None:
    assert zone_of(path) == zone


@pytest.mark.parametrize("name", ["it's && more", "a||b'", "'&&"])
def test_names_with_a_quote_and_an_operator_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        check_name(f"/z/home/{name}")
    with pytest.raises(ValueError, match="can't hold"):
        check_collection_path(f"/z/home/{name}")


@pytest.mark.parametrize("path", ["/z/it's", "/z/a && b", "/z/it's && more/plain", "/z/a||b"])
def test_a_quote_or_an_operator_alone_is_taken(path: str) -> None:
    check_name(path)


def test_a_collection_is_looked_up_with_its_whole_path() -> None:
    with pytest.raises(ValueError, match="can't hold a collection"):
        check_collection_path("/z/it's/a && b")
    check_collection_path("/z/a && b/it's")
    check_collection_path("/z/'quoted'/a && b")
