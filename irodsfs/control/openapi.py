"""The OpenAPI document, made from the same operations that are served, and a readable page of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from irodsfs import __version__
from irodsfs.control.accept import JSON, XML
from irodsfs.control.documents.base import Document
from irodsfs.control.documents.error_documents import ErrorDocument
from irodsfs.control.http_operations import Operation
from irodsfs.control.negotiation import PARAMETER
from irodsfs.control.xml import NAMESPACE

TITLE = "irodsfs control"
REFERENCE = "#/components/schemas/{model}"
ERRORS = (400, 401, 403, 404, 406, 408, 409, 413, 415, 429, 501, 502, 504, 507)
_VARIABLE = re.compile(r"\{(\w+)(?::path)?\}")

Json = dict[str, Any]


def describe(operations: Iterable[Operation]) -> Json:
    """OpenAPI 3.1 of all operations."""
    listed = list(operations)
    references, components = _schemas(listed)
    paths: dict[str, Json] = {}
    for operation in listed:
        path = paths.setdefault(_VARIABLE.sub(r"{\1}", operation.path), {})
        path[operation.method.lower()] = _operation(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": __version__, "description": "The iRODS REST API, and what it lacked."},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
        "security": [{"basic": []}, {}],
    }


References = Mapping[type[BaseModel], Json]


def _schemas(operations: list[Operation]) -> tuple[References, Json]:
    answers = {each.answer for each in operations if each.answer} | {ErrorDocument}
    bodies = {each.body for each in operations if each.body}
    wanted: list[tuple[type[BaseModel], Any]] = [(each, "serialization") for each in sorted(answers, key=_name)]
    wanted += [(each, "validation") for each in sorted(bodies, key=_name)]
    found, definitions = models_json_schema(wanted, ref_template=REFERENCE)
    schemas: Json = definitions.get("$defs", {})
    for kind, _ in wanted:
        name = kind.__name__
        if name in schemas and issubclass(kind, Document):
            schemas[name]["xml"] = {"name": kind.xml_name, "namespace": NAMESPACE, "prefix": "ns2"}
    return {kind: found[kind, mode] for kind, mode in wanted}, schemas


def _name(kind: type[BaseModel]) -> str:
    return kind.__name__


def _operation(operation: Operation, references: References) -> Json:
    described: Json = {
        "operationId": f"{operation.method.lower()}{_identifier(operation.path)}",
        "summary": operation.summary,
        "tags": [operation.chapter],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(operation, references),
    }
    content = _request_content(operation, references)
    if content:
        described["requestBody"] = {"required": True, "content": content}
    return described


def _identifier(path: str) -> str:
    words = [word for word in re.split(r"\W+", _VARIABLE.sub(r"\1", path)) if word]
    return "".join(word[0].upper() + word[1:] for word in words)


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_DESCRIPTIONS.get(name, name),
            "schema": {"type": "string", "minLength": 1},
        }
        for name in _VARIABLE.findall(operation.path)
    ]


_PATH_DESCRIPTIONS = {
    "path": "the absolute logical path, without its first slash; slashes that belong to a name as %2F",
    "userName": "the name of a user or group, or name,zone",
}


def _query_parameters(operation: Operation) -> list[Json]:
    schema = operation.parameters.model_json_schema()
    definitions = schema.get("$defs", {})
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": described.pop("description", ""),
            "schema": _inlined(described, definitions),
        }
        for name, described in schema.get("properties", {}).items()
    ]
    media_types = {"type": "string", "enum": list(dict.fromkeys([JSON, XML, *operation.contents]))}
    parameters.append(_optional(PARAMETER, "the type of the answer, whatever the Accept header says", media_types))
    if operation.takes_ticket:
        parameters.append(_optional("ticket", "a ticket to be used", {"type": "string", "minLength": 1}))
    return parameters


def _inlined(schema: Json, definitions: Json) -> Json:
    reference = schema.pop("$ref", "").rpartition("/")[2]
    inlined = definitions.get(reference, {}) | schema
    inlined.pop("title", None)
    if "anyOf" in inlined:
        # What may be left out is described as null, which no query string can hold.
        inlined = next(each for each in inlined["anyOf"] if each.get("type") != "null")
    return dict(inlined)


def _optional(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _request_content(operation: Operation, references: References) -> Json:
    if operation.body is not None:
        return {JSON: {"schema": references[operation.body]}, XML: {"schema": references[operation.body]}}
    return {media_type: {"schema": schema} for media_type, schema in operation.upload.items()}


def _responses(operation: Operation, references: References) -> Json:
    responses: Json = {str(operation.success.value): _success(operation, references)}
    for status in operation.other_statuses:
        responses[str(status.value)] = {"description": status.phrase}
        if status == HTTPStatus.PARTIAL_CONTENT:
            responses[str(status.value)]["content"] = _contents(operation)
    error = {"schema": references[ErrorDocument]}
    for code in ERRORS:
        description = {"description": HTTPStatus(code).phrase, "content": {JSON: error, XML: error}}
        responses.setdefault(str(code), description)
    return dict(sorted(responses.items()))


def _success(operation: Operation, references: References) -> Json:
    description: Json = {"description": operation.success.phrase}
    content = _contents(operation)
    if operation.answer is not None:
        schema = references[operation.answer]
        whole = {"type": "array", "items": schema} if operation.is_list else schema
        content |= {JSON: {"schema": whole}, XML: {"schema": whole}}
    return description | ({"content": content} if content else {})


def _contents(operation: Operation) -> Json:
    return {media_type: {"schema": schema} for media_type, schema in operation.contents.items()}


def page(document: Json) -> str:
    """The document as HTML that needs nothing else."""
    sections = "".join(
        _section(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return _PAGE.format(title=TITLE, version=html.escape(document["info"]["version"]), sections=sections)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }}
h2 {{ font: bold 1.1em monospace; border-top: 1px solid #ccc; padding-top: 1em }}
td {{ padding: 0 1.5em 0 0; vertical-align: top }} td:first-child {{ font-family: monospace }}
</style></head><body><h1>{title} {version}</h1>
<p>The same for programs: <a href="openapi.json">openapi.json</a></p>
{sections}</body></html>
"""


def _section(method: str, path: str, operation: Json) -> str:
    rows = [(each["name"], each["in"], each["description"]) for each in operation["parameters"]]
    bodies = operation.get("requestBody", {}).get("content", {})
    rows += [("body", media_type, _schema_name(content["schema"])) for media_type, content in bodies.items()]
    rows += [
        (status, "answer", f"{answer['description']} {_answer_name(answer)}")
        for status, answer in operation["responses"].items()
        if status < "400"
    ]
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    heading = html.escape(f"{method.upper()} {path}")
    return f"<h2>{heading}</h2><p>{html.escape(operation['summary'])}</p><table>{cells}</table>\n"


def _answer_name(answer: Json) -> str:
    return ", ".join(dict.fromkeys(_schema_name(each["schema"]) for each in answer.get("content", {}).values()))


def _schema_name(schema: Json) -> str:
    if "items" in schema:
        return f"list of {_schema_name(schema['items'])}"
    return str(schema.get("$ref", schema.get("type", ""))).rpartition("/")[2]
