"""Mount options as `-o` takes them: names and values separated by commas, as for sshfs and mount(8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from irodsfs.config import MountConfig, Setting
from irodsfs.user_errors import ConfigurationError

_ALIASES = {"ro": ("read_only", True), "rw": ("read_only", False)}
_NAMES = MountConfig.model_fields.keys() - {"account", "mountpoint"} | {"config"}
_SEPARATOR = re.compile(r"(?<!\\),")


def split_options(arguments: Iterable[str]) -> Iterator[str]:
    """The single options of `-o` arguments; a comma in a value stays escaped."""
    return (option for argument in arguments for option in _SEPARATOR.split(argument) if option)


def parse_options(arguments: Iterable[str]) -> dict[str, Setting]:
    """Settings named by `-o` arguments; a comma in a value is written `\\,`. Raises ConfigurationError."""
    return dict(_parse(option.replace("\\,", ",")) for option in split_options(arguments))


def _parse(option: str) -> tuple[str, Setting]:
    name, equals, value = option.partition("=")
    key = name.replace("-", "_")
    if key in _ALIASES and not equals:
        field, meaning = _ALIASES[key]
        return field, Setting(meaning, f"-o {name}")
    if key not in _NAMES:
        raise ConfigurationError(
            f"-o {name} is not an option: known are {', '.join(sorted(_NAMES | _ALIASES.keys()))}."
        )
    return key, Setting(value if equals else True, f"-o {name}")


def given(values: Mapping[str, Any]) -> dict[str, Setting]:
    """Settings named by long options; None and False mean that the option was not given."""
    return {
        key: Setting(value, f"--{key.replace('_', '-')}")
        for key, value in values.items()
        if value is not None and value is not False
    }
