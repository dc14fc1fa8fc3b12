from __future__ import annotations

import pytest

from irodsfs.cli.mount_options import given, parse_options
from irodsfs.user_errors import ConfigurationError


def values(*arguments: str) -> dict[str, object]:
    return {key: setting.value for key, setting in parse_options(arguments).items()}


def test_names_values_and_flags() -> None:
    assert values("ro,uid=1000", "cache_timeout=2.5") == {"read_only": True, "uid": "1000", "cache_timeout": "2.5"}


def test_hyphens_are_underscores() -> None:
    assert values("allow-other") == {"allow_other": True}


def test_rw_undoes_ro() -> None:
    assert values("ro,rw") == {"read_only": False}


def test_a_value_may_hold_equals_signs_and_escaped_commas() -> None:
    assert values(r"collection=/z/a\,b=c,checksum") == {"collection": "/z/a,b=c", "checksum": True}


def test_the_origin_is_named() -> None:
    assert parse_options(["uid=1"])["uid"].origin == "-o uid"


@pytest.mark.parametrize("option", ["nonsense", "ro=1", "account=x", "mountpoint=/x", "password=x"])
def test_what_is_not_an_option_is_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an option"):
        parse_options([option])


def test_long_options_that_were_not_given_are_no_settings() -> None:
    settings = given({"read_only": False, "uid": None, "log_level": "debug"})
    assert {key: (setting.value, setting.origin) for key, setting in settings.items()} == {
        "log_level": ("debug", "--log-level")
    }
