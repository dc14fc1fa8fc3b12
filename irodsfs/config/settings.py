"""Values with the place they come from, so that an error can name it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from irodsfs.user_errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Setting:
    value: Any
    origin: str  # as a user would name it: "--uid", "IRODS_PORT in the environment", "port in /home/a/config.toml"


Settings = Mapping[str, Setting]


def from_keywords(values: Mapping[str, Any], place: str) -> dict[str, Setting]:
    return {key: Setting(value, f"{key} in {place}") for key, value in values.items()}


def read_file(path: Path, parse: Callable[[str], Any], form: str, remedy: str) -> dict[str, Any]:
    """The mapping that the file at `path` holds; ConfigurationError when it can't be read or parsed."""
    try:
        values = parse(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist: {remedy}.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read ({os.strerror(error.errno or 0)}): {remedy}.") from None
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid {form}: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} is not valid {form}: it must hold keys and values.")
    return values


def build(model: type[Model], settings: Settings) -> Model:
    """`model` made of `settings`; ConfigurationError that names origin, value and remedy of each bad one."""
    try:
        return model(**{key: setting.value for key, setting in settings.items()})
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise ConfigurationError(" ".join(_explanations(model, settings, details))) from None


def _explanations(model: type[BaseModel], settings: Settings, details: Iterable[ErrorDetails]) -> list[str]:
    first_of_each = {str(detail["loc"][0]): detail for detail in reversed(list(details))}
    return [_explanation(model, settings, key, detail) for key, detail in sorted(first_of_each.items())]


def _explanation(model: type[BaseModel], settings: Settings, key: str, detail: ErrorDetails) -> str:
    field = model.model_fields.get(key)
    setting = settings.get(key)
    if setting is None:
        return f"{key} is not set: give {field.description if field else 'a value'}."
    if field is None:
        known = ", ".join(sorted(model.model_fields))
        return f"{setting.origin} is not a setting: known are {known}."
    return f"{setting.origin} is {setting.value!r}: give {field.description or detail['msg']}."
