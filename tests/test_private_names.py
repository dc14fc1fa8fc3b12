"""Names that libraries do not promise to keep, and that are used all the same: each with what is expected of it.

These libraries have upper bounds in pyproject.toml. Who raises one runs this first.
"""

from __future__ import annotations

import ast
import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path

import irods.ticket
import pytest
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.tcp_server import TCPServer
from irods.connection import Connection
from irods.message import _OrderedMultiMapping
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

USED = {"_OrderedMultiMapping", "_check_protocol", "_create_stream", "_lowlevel_api_request", "_read_data",
        "_send_error_response"}  # fmt: skip
"""Private names of libraries that irodsfs/ uses or overrides."""


def test_libraries_whose_private_names_are_used_have_upper_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    bounds = {requirement.name: requirement.specifier for requirement in map(Requirement, project["dependencies"])}
    for name in ("hypercorn", "python-irodsclient"):
        assert any(each.operator == "<" for each in bounds[name]), name


def test_a_query_may_name_a_column_twice() -> None:
    mapping = _OrderedMultiMapping([(501, 1), (501, 2)])
    assert (list(mapping.keys()), list(mapping.values()), len(mapping)) == ([501, 501], [1, 2], 2)


def test_a_ticket_is_put_on_a_connection() -> None:
    parameters = list(inspect.signature(irods.ticket.Ticket._lowlevel_api_request).parameters)
    assert parameters[:2] == ["conn_", "cmd_string"]


def test_a_connection_is_made_of_a_pool_and_an_account() -> None:
    assert list(inspect.signature(Connection.__init__).parameters) == ["self", "pool", "account"]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (TCPServer, ["_read_data", "protocol_send", "_close", "_idle_timeout"]),
        (H11Protocol, ["_check_protocol", "_create_stream", "_send_error_response"]),
    ],
)
def test_what_is_overridden_of_hypercorn_is_there_and_async(kind: type, names: list[str]) -> None:
    assert [name for name in names if not inspect.iscoroutinefunction(getattr(kind, name, None))] == []


def test_a_protocol_of_hypercorn_is_made_as_its_wrapper_makes_it() -> None:
    parameters = list(inspect.signature(H11Protocol.__init__).parameters)
    wanted = ["app", "config", "context", "task_group", "connection_state", "ssl", "client", "server", "send"]
    assert parameters == ["self", *wanted]
    used = {"state" if name == "connection_state" else name for name in wanted}
    assert used <= set(inspect.signature(ProtocolWrapper.__init__).parameters)


def test_no_other_private_name_is_used() -> None:
    assert set(_private_names_of_libraries()) == USED


def _private_names_of_libraries() -> Iterator[str]:
    """Imported private names, private attributes of what is imported from libraries, and overridden private methods."""
    for file in (ROOT / "irodsfs").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        foreign = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("irodsfs"):
                foreign |= {alias.asname or alias.name for alias in node.names}
                yield from (alias.name for alias in node.names if _is_private(alias.name))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in foreign:
                yield from [node.attr] if _is_private(node.attr) else []
            if isinstance(node, ast.ClassDef):
                yield from _inherited(node, foreign)


def _inherited(node: ast.ClassDef, foreign: set[str]) -> Iterator[str]:
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in foreign & KINDS.keys()]
    own = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    used = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    for base in bases:
        yield from (name for name in own | used if _is_private(name) and hasattr(KINDS[base], name))


KINDS = {"TCPServer": TCPServer, "H11Protocol": H11Protocol}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
