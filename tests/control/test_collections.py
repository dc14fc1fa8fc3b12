"""Listings of collections: which children, counted how; and deletes that go too far."""

from __future__ import annotations

import httpx
import pytest
from irods.session import iRODSSession


@pytest.fixture
def filled(session: iRODSSession, shared: str) -> str:
    """A collection with three collections and two data objects in it."""
    for name in ("c3", "c1", "c2"):
        session.collections.create(f"{shared}/{name}")
    for name in ("b", "a"):
        session.data_objects.create(f"{shared}/{name}")
    return shared


@pytest.mark.parametrize(
    ("parameters", "listed"),
    [
        ({}, [("c1", 1), ("c2", 2), ("c3", 3), ("a", 1), ("b", 2)]),
        ({"offset": "1"}, [("c2", 2), ("c3", 3), ("b", 2)]),
        ({"offset": "2"}, [("c3", 3)]),
        ({"offset": "9"}, []),
        ({"listType": "collections"}, [("c1", 1), ("c2", 2), ("c3", 3)]),
        ({"listType": "data", "offset": "1"}, [("b", 2)]),
    ],
)
def test_children_are_listed_by_kind_and_name_and_counted_within_their_kind(
    control: httpx.Client, filled: str, parameters: dict[str, str], listed: list[tuple[str, int]]
) -> None:
    children = control.get(f"/collection{filled}", params={"listing": "true"} | parameters).json()["children"]
    assert [(each["pathOrName"].rpartition("/")[2], each["count"]) for each in children] == listed
    for each in children:
        assert each["lastResult"] is True
        assert each["totalRecords"] == (3 if each["objectType"] == "COLLECTION" else 2)


def test_a_listing_is_brought_only_when_asked_for(control: httpx.Client, filled: str) -> None:
    assert "children" not in control.get(f"/collection{filled}").json()
    assert "children" not in control.get(f"/collection{filled}", params={"listing": "false"}).json()


def test_a_listing_with_many_children_is_complete_in_both_forms(control: httpx.Client, shared: str) -> None:
    names = [f"c{number:03}" for number in range(120)]
    for name in names:
        control.put(f"/collection{shared}/{name}")
    listing = control.get(f"/collection{shared}", params={"listing": "true"})
    assert [each["pathOrName"] for each in listing.json()["children"]] == [f"{shared}/{name}" for name in names]
    in_xml = control.get(f"/collection{shared}", params={"listing": "true"}, headers={"Accept": "application/xml"})
    assert in_xml.text.count("<children ") == len(names)
