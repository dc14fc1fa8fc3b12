"""The examples in `docs/semantics.md` do what they say."""

from __future__ import annotations

from tests.documents import DOCS, check_examples, examples
from tests.mounts import Mount


def test_every_example_prints_what_it_says(mount: Mount) -> None:
    document = DOCS / "semantics.md"
    mount.expect_log("can't hold a name")
    assert len(list(examples(document))) > 10
    check_examples(document, mount.path)
