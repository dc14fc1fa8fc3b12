from __future__ import annotations

import pytest

from irodsfs.filesystem.foreign_links import refuse_foreign

ROOT = "/z/home"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"{ROOT}/link", "file"),
        (f"{ROOT}/link", "./a/b"),
        (f"{ROOT}/a/link", "../file"),
        (f"{ROOT}/a/b/link", "../../c/d"),
    ],
)
def test_links_that_stay_inside_are_followed(path: str, target: str) -> None:
    refuse_foreign(ROOT, path, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"{ROOT}/link", "/etc/passwd"),
        (f"{ROOT}/link", ".."),
        (f"{ROOT}/a/link", "../../x"),
        (f"{ROOT}/link", "a/../b"),
    ],
)
def test_links_that_may_lead_out_are_refused(path: str, target: str) -> None:
    with pytest.raises(PermissionError, match="may lead out of the mount"):
        refuse_foreign(ROOT, path, target)
