"""Parameters of rules on the wire: MsParamArray_PI to values and back."""

from __future__ import annotations

import base64
import struct as binary
from dataclasses import dataclass

from irodsfs.sandbox.protocol.wire import Struct, key_values
from irodsfs.sandbox.rules.failures import Failure, RuleError
from irodsfs.sandbox.rules.rule_queries import PAGE
from irodsfs.sandbox.rules.values import (
    Arguments,
    Bytes,
    KeyValues,
    Path,
    QueryInput,
    QueryOutput,
    Time,
    Value,
    integer,
)


@dataclass
class Parameter:
    """A labelled struct; one without a type is a variable that has no value."""

    label: str
    type: str = ""
    content: Struct | None = None
    buffer: Struct | None = None

    def struct(self) -> Struct:
        """An MsParam_PI."""
        inside = [(inner.name, inner) for inner in (self.content, self.buffer) if inner]
        return Struct("MsParam_PI", ("label", self.label), ("type", self.type), *inside)


def received(struct: Struct) -> list[Parameter]:
    """The parameters of an MsParamArray_PI."""
    parameters = []
    for entry in struct.structs("MsParam_PI"):
        kind = entry.text("type")
        contents = entry.structs(kind) if kind else []
        parameters.append(Parameter(entry.text("label"), kind, contents[0] if contents else None))
    return parameters


def array(parameters: list[Parameter]) -> Struct:
    """An MsParamArray_PI."""
    entries = [("MsParam_PI", parameter.struct()) for parameter in parameters]
    return Struct("MsParamArray_PI", ("paramLen", len(entries)), ("oprType", 0), *entries)


def value_of(parameter: Parameter) -> Value:
    """What a rule sees of it, None for what has no value; raises IrodsError when it is malformed."""
    content = parameter.content
    if content is None:
        return None
    match parameter.type:
        case "STR_PI":
            return content.text("myStr")
        case "INT_PI":
            return integer(content.integer("myInt"))
        case "DOUBLE_PI":
            (number,) = binary.unpack("<d", binary.pack("<q", content.integer("myDouble")))
            return float(number)
        case "KeyValPair_PI":
            return KeyValues(zip(content.texts("keyWord"), content.texts("svalue"), strict=False))
    return None


def parameter_of(label: str, value: Value) -> Parameter:
    """A value for a client; raises RuleError for a type that has no form on the wire."""
    match value:
        case None | Arguments():
            return Parameter(label)
        case bool():
            raise RuleError(Failure.PACKING)
        case Path():
            return parameter_of(label, str(value))
        case str():
            return Parameter(label, "STR_PI", Struct("STR_PI", ("myStr", value)))
        case int():
            return Parameter(label, "INT_PI", Struct("INT_PI", ("myInt", integer(value))))
        case Time():
            return parameter_of(label, value.seconds)
        case float():
            (bits,) = binary.unpack("<q", binary.pack("<d", value))
            return Parameter(label, "DOUBLE_PI", Struct("DOUBLE_PI", ("myDouble", bits)))
        case KeyValues():
            return Parameter(label, "KeyValPair_PI", key_values(value))
        case Bytes():
            return Parameter(label, "BUF_LEN_PI", Struct("BUF_LEN_PI", ("myInt", len(value.data))), buffer(value.data))
        case QueryInput():
            return Parameter(label, "GenQueryInp_PI", question(value))
        case QueryOutput():
            return Parameter(label, "GenQueryOut_PI", value.struct)
        case list():
            return Parameter(label, *packed_list(value))
    raise RuleError(Failure.PACKING)


def question(query: QueryInput) -> Struct:
    """A GenQueryInp_PI."""
    columns, options = zip(*query.selections, strict=True) if query.selections else ((), ())
    numbers, texts = zip(*query.conditions, strict=True) if query.conditions else ((), ())
    selections = [*(("inx", column) for column in columns), *(("ivalue", option) for option in options)]
    conditions = [*(("inx", number) for number in numbers), *(("svalue", text) for text in texts)]
    return Struct(
        "GenQueryInp_PI",
        ("maxRows", PAGE),
        ("continueInx", query.continue_index),
        ("partialStartIndex", 0),
        ("options", 0),
        ("KeyValPair_PI", key_values({})),
        ("InxIvalPair_PI", Struct("InxIvalPair_PI", ("iiLen", len(columns)), *selections)),
        ("InxValPair_PI", Struct("InxValPair_PI", ("isLen", len(numbers)), *conditions)),
    )


def buffer(data: bytes) -> Struct:
    return Struct("BinBytesBuf_PI", ("buflen", len(data)), ("buf", base64.b64encode(data).decode()))


def packed_list(items: list[Value]) -> tuple[str, Struct]:
    """A list of strings or of integers."""
    if all(isinstance(item, str) for item in items):
        texts = [str(item) for item in items]
        size = max((len(text.encode("utf-8", "surrogateescape")) for text in texts), default=0) + 1
        values = (("value", text) for text in texts)
        return "StrArray_PI", Struct("StrArray_PI", ("len", len(texts)), ("size", size), *values)
    if all(type(item) is int for item in items):
        numbers = (("value", item) for item in items if isinstance(item, int))
        return "IntArray_PI", Struct("IntArray_PI", ("len", len(items)), *numbers)
    raise RuleError(Failure.PACKING)
