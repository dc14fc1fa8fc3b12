from __future__ import annotations

import re
from pathlib import Path

import pytest
from irods import exception

import irodsfs.sandbox
from irodsfs.sandbox.protocol.error_numbers import CODES, IrodsError, code_of, named

SOURCES = sorted(Path(irodsfs.sandbox.__file__).parent.rglob("*.py"))
RAISED = re.compile(r'(?:IrodsError|named|refusal|code_of|require\w*|replicas_for)\((?:[^()"]*, )?"([A-Z_0-9]{6,})"')


def raised_names() -> set[str]:
    return {name for source in SOURCES for name in RAISED.findall(source.read_text("utf-8"))}


def test_every_error_the_zone_raises_has_a_code() -> None:
    assert len(raised_names()) > 50
    assert all(code_of(name) < 0 for name in raised_names())


def test_the_error_table_is_that_of_the_client_where_both_have_a_name() -> None:
    known = {name: each.code for name, each in vars(exception).items() if isinstance(getattr(each, "code", None), int)}
    assert len(known.keys() & CODES.keys()) > 400
    assert all(CODES[name] == known[name] for name in known.keys() & CODES.keys())


def test_an_errno_is_folded_into_the_last_digits() -> None:
    assert IrodsError("UNIX_FILE_OPEN_ERR", errno=17).code == -510017


def test_a_message_comes_first_in_the_error_stack() -> None:
    assert IrodsError(-1, "said", stack=((-2, "more"),)).stack == ((0, "said"), (-2, "more"))
    assert named(-3, "text").stack == ((-3, "text"),)


def test_an_unknown_name_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        code_of("NO_SUCH_ERROR")
