"""The documents printed in the guide, adapted to the zone of a test, and answers compared with them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import httpx
from defusedxml.ElementTree import fromstring

GUIDE = Path(__file__).parent / "guide"
TYPES = {"json": "application/json", "xml": "application/xml"}


def printed(name: str, adapted: Mapping[str, str]) -> str:
    """A document of the guide, with texts replaced that name its paths, its zone and its users."""
    text = (GUIDE / name).read_text("utf-8")
    if not adapted:
        return text
    longest_first = sorted(adapted, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: adapted[found[0]], text)


def assert_as_printed(
    answer: httpx.Response, name: str, adapted: Mapping[str, str], *, free: Collection[str] = ()
) -> None:
    """Field by field the same, names, order in JSON and types included; fields in `free` may have other values."""
    form = name.rpartition(".")[2]
    assert answer.headers["content-type"] == TYPES[form], answer.text
    text = printed(name, adapted)
    if form == "json":
        _compare_json(json.loads(text), answer.json(), set(free), name)
    else:
        _compare_xml(fromstring(text), fromstring(answer.content), set(free), name)


def only_tickets(answer: httpx.Response, *strings: str) -> httpx.Response:
    """A list of tickets without those that others have made."""
    kind = answer.headers["content-type"]
    if kind == TYPES["json"]:
        document = answer.json()
        document["ticket"] = [each for each in document["ticket"] if each["ticket_string"] in strings]
        content = json.dumps(document).encode()
    else:
        root = fromstring(answer.content)
        for ticket in root.findall("ticket"):
            if ticket.findtext("ticket_string") not in strings:
                root.remove(ticket)
        content = tostring(root)
    return httpx.Response(answer.status_code, headers={"content-type": kind}, content=content)


def _compare_json(expected: Any, actual: Any, free: set[str], place: str) -> None:
    assert type(expected) is type(actual), f"{place}: {actual!r} is not of the type of {expected!r}"
    if isinstance(expected, dict):
        assert list(expected) == list(actual), place
        for key, value in expected.items():
            _compare_json(value, actual[key], free, f"{place} {key}")
    elif isinstance(expected, list):
        assert len(expected) == len(actual), place
        for position, pair in enumerate(zip(expected, actual, strict=True)):
            _compare_json(*pair, free, f"{place} {position}")
    elif place.rpartition(" ")[2] not in free:
        assert expected == actual, place


def _compare_xml(expected: Element, actual: Element, free: set[str], place: str) -> None:
    assert expected.tag == actual.tag, place
    place = f"{place} {expected.tag}"
    assert expected.attrib.keys() == actual.attrib.keys(), place
    for key, value in expected.attrib.items():
        assert key in free or value == actual.attrib[key], f"{place} {key}"
    assert [child.tag for child in expected] == [child.tag for child in actual], place
    for pair in zip(expected, actual, strict=True):
        _compare_xml(*pair, free, place)
    if not len(expected) and expected.tag not in free:
        assert (expected.text or "").strip() == (actual.text or "").strip(), place
