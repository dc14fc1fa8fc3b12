from __future__ import annotations

import errno
import os

import click

from irodsfs.cli.parameters import as_json
from irodsfs.cli.printing import Output
from irodsfs.user_errors import ConfigurationError


@click.command()
@click.argument("number", metavar="NUMBER|NAME")
@as_json
def error(number: str, as_json: bool) -> None:
    """Tell what an error of iRODS is: -808000, 808000 or CAT_NO_ROWS_FOUND."""
    told = _told(number)
    output = Output()
    if as_json:
        output.document(told)
    else:
        output.table(("", ""), [(key.replace("_", " "), value) for key, value in told.items() if value != ""])
    output.flush()


def _told(text: str) -> dict[str, str | int]:
    # The table of errors takes a while to import.
    import irods.exception as ex

    from irodsfs.actions.action_failures import failed
    from irodsfs.grid.error_kinds import kind_of

    named = getattr(ex, text.strip().upper(), None)
    if named is None and text.strip().lstrip("-").isdecimal():
        code = -abs(int(text))
        error = ex.get_exception_by_code(code)
    elif named is not None and isinstance(getattr(named, "code", None), int):
        code, error = named.code, named()
    else:
        raise ConfigurationError(f"{text!r} is no error of iRODS: give a number, as -808000, or a name.")

    local, seen = -code % 1000, kind_of(error).errno
    words = failed("", error)
    return {
        "number": code,
        "name": type(error).__name__,
        "of_the_system": os.strerror(local) if local and local in errno.errorcode else "",
        "programs_see": f"{errno.errorcode.get(seen, '')} ({os.strerror(seen)})",
        "means": words.reason if words.remedy else "",
        "remedy": words.remedy,
    }
