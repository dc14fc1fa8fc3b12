"""The OpenAPI document: complete, readable, and true of what is served."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from irodsfs.control.routes import all_operations
from tests.control.test_web import serve
from tests.zones import EmbeddedZone

__all__ = ["serve"]

EXAMPLES = 8
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_every_operation_is_described_and_on_the_page(control: httpx.Client) -> None:
    document = control.get("/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {(each.method, each.path.replace(":path}", "}")) for each in all_operations()}
    assert described == served
    assert all(operation["summary"] for methods in document["paths"].values() for operation in methods.values())
    page = control.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert all(f"<h2>{method} {path}</h2>" in page.text for method, path in served)


@pytest.mark.timeout(600)
def test_made_up_requests_find_no_failure_of_the_server_and_no_lie_of_the_document(
    serve: object, embedded_zone: EmbeddedZone, tmp_path: Path
) -> None:
    # Of a zone in use, made up requests might change anything.
    url = serve()  # type: ignore[operator]
    program = Path(sys.executable).parent / "schemathesis"
    options = [
        "--checks",
        CHECKS,
        "--max-examples",
        str(EXAMPLES),
        "--seed",
        "1",
        "--auth",
        f"{embedded_zone.user}:{embedded_zone.password}",
    ]
    done = subprocess.run(
        [program, "run", f"{url}/openapi.json", *options, "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
