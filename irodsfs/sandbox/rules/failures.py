"""How a rule fails: with a code of the server's error table, and a trail of messages that says where."""

from __future__ import annotations

from enum import IntEnum

MESSAGE_LENGTH = 1024
SEPARATOR = "=========="


class Failure(IntEnum):
    """The rule engine's own codes."""

    PARSER = -1201000
    UNPARSED_SUFFIX = -1202000
    RUNTIME = -1205000
    DIVISION_BY_ZERO = -1206000
    UNSUPPORTED_OPERATION = -1208000
    UNSUPPORTED_SESSION_VARIABLE = -1209000
    UNREADABLE_LOCAL_VARIABLE = -1211000
    UNREADABLE_SESSION_VARIABLE = -1213000
    PATTERN_NOT_MATCHED = -1216000
    UNKNOWN = -1220000
    UNSUPPORTED_NODE = -1224000
    TYPE = -1230000
    DYNAMIC_TYPE = -1232000
    DYNAMIC_COERCION = -1233000
    PACKING = -1234000


class RuleError(Exception):
    """A rule ends with this code; whoever raises it has put its message, if any, into the trail."""

    def __init__(self, code: int) -> None:
        self.code = int(code)
        super().__init__(f"rule failed with {self.code}")


class Break(Exception):
    """``break``: the innermost loop ends."""


class Succeed(Exception):
    """``succeed``: the rule ends here, and well."""


class Trail:
    """The messages of one run, oldest first."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, message: str) -> None:
        self.messages.append(message[: MESSAGE_LENGTH - 1])

    def separate(self) -> None:
        """Marks that what follows is about another attempt."""
        self.messages.append(SEPARATOR)

    def text(self) -> str:
        """All of it for a reader: the last message first, each after it as its cause."""
        lines: list[str] = []
        separated = False
        for message in reversed(self.messages):
            if message == SEPARATOR:
                separated = bool(lines)
            elif separated:
                lines += [SEPARATOR, message]
                separated = False
            else:
                lines.append(f"caused by: {message}" if lines else message)
        return "".join(f"{line}\n" for line in lines)


def located(message: str, source: str, position: int) -> str:
    """The message with the line it is about and a mark under its column; both are counted from 0."""
    start = source.rfind("\n", 0, position) + 1
    line = source[start:].split("\n", 1)[0]
    column = position - start
    indent = "".join("\t" if character == "\t" else " " for character in line[:column].ljust(column))
    return f"{message}\nline {source.count(chr(10), 0, start)}, col {column}\n{line}\n{indent}^\n"
