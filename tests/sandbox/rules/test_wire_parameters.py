from __future__ import annotations

import pytest

from irodsfs.sandbox.protocol.wire import Struct, decode, encode
from irodsfs.sandbox.rules.failures import Failure, RuleError
from irodsfs.sandbox.rules.values import Bytes, KeyValues, Path, QueryInput, Time, Value
from irodsfs.sandbox.rules.wire_parameters import Parameter, array, parameter_of, received, value_of


@pytest.mark.parametrize("value", ["text", "", 42, -1, 2.5, KeyValues(a="b", c="")])
def test_values_survive_the_wire(value: Value) -> None:
    sent = decode(encode(array([parameter_of("*x", value)])))
    (parameter,) = received(sent)
    assert (parameter.label, value_of(parameter)) == ("*x", value)


def test_doubles_travel_as_the_bits_of_an_integer() -> None:
    content = parameter_of("*x", 1.0).content
    assert content is not None
    assert content.integer("myDouble") == 0x3FF0000000000000


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Path("/a"), "STR_PI"),
        (Time(5), "INT_PI"),
        (["a", "bc"], "StrArray_PI"),
        ([1, 2], "IntArray_PI"),
        (Bytes(b"x"), "BUF_LEN_PI"),
        (QueryInput([(501, 1)], [(501, "= 'x'")]), "GenQueryInp_PI"),
        (None, ""),
    ],
)
def test_types_on_the_wire(value: Value, kind: str) -> None:
    assert parameter_of("*x", value).type == kind


@pytest.mark.parametrize("value", [True, [True], [1, "a"], (1, 2)])
def test_what_has_no_form_on_the_wire_fails(value: Value) -> None:
    with pytest.raises(RuleError) as failure:
        parameter_of("*x", value)
    assert failure.value.code == Failure.PACKING


def test_a_parameter_without_a_type_has_no_value() -> None:
    assert value_of(Parameter("*x")) is None
    assert received(Struct("MsParamArray_PI", ("paramLen", 0))) == []
