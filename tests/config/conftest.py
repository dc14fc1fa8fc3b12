from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.password_obfuscation import encode

Iinit = Callable[..., Path]


@pytest.fixture(autouse=True)
def as_this_user(user_directories: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IRODS")]:
        monkeypatch.delenv(name)
    for name, value in user_directories.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def iinit() -> Iinit:
    """Leaves an environment file and `.irodsA` as iinit does, in ~/.irods or another directory."""

    def make(directory: Path | None = None, *, password: str | None = "secret", **changes: object) -> Path:
        place = directory or Path.home() / ".irods"
        place.mkdir(parents=True)
        environment = {
            "irods_host": "irods.example.org",
            "irods_port": 1247,
            "irods_user_name": "alice",
            "irods_zone_name": "exampleZone",
        }
        file = place / "irods_environment.json"
        file.write_text(json.dumps(environment | changes), "utf-8")
        if password is not None:
            (place / ".irodsA").write_text(encode(password, uid=os.getuid()), "utf-8")
        return file

    return make


@pytest.fixture
def configure() -> Callable[..., Path]:
    """Writes a TOML file of the user's configuration."""

    def write(text: str, name: str = "config") -> Path:
        file = Path(os.environ["XDG_CONFIG_HOME"]) / "irodsfs" / f"{name}.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return write
