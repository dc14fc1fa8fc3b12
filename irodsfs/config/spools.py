"""Where mounts keep what is not in the zone yet."""

from __future__ import annotations

import tomllib
from pathlib import Path

from platformdirs import user_cache_path, user_config_path

from irodsfs.config.settings import read_file


def spool_directories() -> list[Path]:
    """The spools of all mounts of this user, as far as they are where they are by default or a configuration says."""
    default = user_cache_path("irodsfs")
    found = sorted(each for each in default.iterdir() if each.is_dir()) if default.is_dir() else []
    for file in sorted(user_config_path("irodsfs").glob("*.toml")):
        named = read_file(file, tomllib.loads, "TOML", "correct it").get("spool_directory")
        if isinstance(named, str):
            found.append(Path(named).expanduser().absolute())
    return [directory for directory in dict.fromkeys(found) if directory.is_dir()]
