"""What a newcomer finds beside the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_license_is_the_one_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "BSD-3-Clause"
    assert [(ROOT / file).read_text("utf-8").splitlines()[0] for file in project["license-files"]] == [
        "BSD 3-Clause License"
    ]


def test_pre_commit_runs_what_make_lint_runs() -> None:
    assert re.findall(r"entry: (.*)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8")) == ["make lint"]


def test_nothing_beside_the_clone_is_referred_to() -> None:
    beside = re.compile(r"\.\./shared|parents\[\d\] / .shared|IRODSFS_" + "WIRE")
    kinds = ("*.py", "*.md", "*.toml", "Makefile", "*.yaml")
    folders = [ROOT / name for name in ("irodsfs", "tests", "benchmarks", "docs", "systemd")]
    files = [file for folder in [ROOT, *folders] for kind in kinds for file in _in(folder, kind)]
    assert len(files) > 400
    assert [file.name for file in files if beside.search(file.read_text("utf-8")) and file != Path(__file__)] == []


def _in(folder: Path, kind: str) -> list[Path]:
    return list(folder.glob(kind) if folder == ROOT else folder.rglob(kind))


@pytest.mark.parametrize(
    "document",
    ["README.md", "CONTRIBUTING.md", *(str(each.relative_to(ROOT)) for each in (ROOT / "docs").rglob("*.md"))],
)
def test_links_of_documents_lead_somewhere(document: str) -> None:
    file = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text("utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
