"""Documents as XML in the guide's namespace, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, get_args
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic.fields import FieldInfo

from irodsfs.control.documents.base import Document, Place
from irodsfs.control.http_errors import BadRequest

NAMESPACE = "http://irods.org/irods-rest"
HEADER = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PREFIX = "ns2"
_LISTS = "collection"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(document: Document | Sequence[Document]) -> bytes:
    """A document, or a list of documents in the wrapper that the guide's service put around them."""
    if isinstance(document, Document):
        root = Element(f"{_PREFIX}:{document.xml_name}", {f"xmlns:{_PREFIX}": NAMESPACE})
        _fill(root, document)
    else:
        root = Element(_LISTS, {f"xmlns:{_PREFIX}": NAMESPACE})
        for each in document:
            _fill(SubElement(root, f"{_PREFIX}:{each.xml_name}"), each)
    return HEADER + _serialised(root)


def _serialised(element: Element) -> bytes:
    return bytes(tostring(element, encoding="utf-8", xml_declaration=False))


def frame(kind: type[Document]) -> tuple[bytes, bytes]:
    """What comes before and after the parts of a document that is written part by part."""
    name = f"{_PREFIX}:{kind.xml_name}"
    return HEADER + f'<{name} xmlns:{_PREFIX}="{NAMESPACE}">'.encode(), f"</{name}>".encode()


def part(name: str, document: Document) -> bytes:
    """A part of a document, the element of that name."""
    element = Element(name)
    _fill(element, document)
    return _serialised(element)


def _fill(element: Element, document: Document) -> None:
    kind = type(document)
    for name, field in kind.model_fields.items():
        value = getattr(document, name)
        if value is None:
            continue
        match _place(field):
            case Place.ATTRIBUTE:
                element.set(name, _text(value))
            case Place.TEXT:
                element.text = _text(value)
            case None:
                _append(element, name, value)
    if not kind.xml_keeps_order:
        element[:] = sorted(element, key=lambda child: child.tag)


def _append(element: Element, name: str, value: Any) -> None:
    for each in value if isinstance(value, list) else [value]:
        child = SubElement(element, name)
        if isinstance(each, Document):
            _fill(child, each)
        else:
            child.text = _text(each)


def _place(field: FieldInfo) -> Place | None:
    return next((mark for mark in field.metadata if isinstance(mark, Place)), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    # XML 1.0 has no way to write control characters; JSON has.
    return _NOT_XML.sub("\ufffd", str(value))


def read(body: bytes, kind: type[Document]) -> dict[str, Any]:
    """The fields of a document of that kind, yet to be validated. Raises `BadRequest`."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadRequest("body", f"The body is not well-formed XML without a DTD: {error}.") from error
    if root.tag not in (f"{{{NAMESPACE}}}{kind.xml_name}", kind.xml_name):
        raise BadRequest("body", f"The body's element is {_local(root.tag)!r}: send {kind.xml_name!r} in {NAMESPACE}.")
    return _fields(root, kind)


def _fields(element: Element, kind: type[Document]) -> dict[str, Any]:
    fields: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    for name, children in _grouped(element):
        values = [_value(child, kind.model_fields.get(name)) for child in children]
        fields[name] = values if _is_list(kind.model_fields.get(name)) or len(values) > 1 else values[0]
    for name, field in kind.model_fields.items():
        if _place(field) is Place.TEXT:
            fields[name] = element.text or ""
    return fields


def _grouped(element: Element) -> Iterator[tuple[str, list[Element]]]:
    names = dict.fromkeys(_local(child.tag) for child in element)
    return ((name, [child for child in element if _local(child.tag) == name]) for name in names)


def _value(element: Element, field: FieldInfo | None) -> Any:
    nested = _document_type(field.annotation) if field is not None else None
    if nested is not None:
        return _fields(element, nested)
    return {_local(child.tag): child.text for child in element} if len(element) else element.text or ""


def _document_type(annotation: Any) -> type[Document] | None:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        return annotation
    return next((found for each in get_args(annotation) if (found := _document_type(each))), None)


def _is_list(field: FieldInfo | None) -> bool:
    if field is None:
        return False
    return any(getattr(each, "__origin__", each) is list for each in (field.annotation, *get_args(field.annotation)))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
