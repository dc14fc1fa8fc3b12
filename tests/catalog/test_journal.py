from __future__ import annotations

from irodsfs.catalog.journal import Journals
from irodsfs.grid.catalog_entries import made_now


def test_each_fetch_under_way_hears_of_what_changes_meanwhile() -> None:
    journals, entry = Journals(), made_now("/z/a", is_collection=False)
    journals.note("/z/before", entry)
    with journals.opened() as first:
        journals.note("/z/a", entry)
        with journals.opened() as second:
            journals.note("/z/a", None)
            journals.note_moved_collection()
        journals.note_changed_elsewhere()
    journals.note("/z/after", entry)
    assert first.changes == second.changes == {"/z/a": None}
    assert (first.moved_collections, first.changed_elsewhere) == (True, True)
    assert (second.moved_collections, second.changed_elsewhere) == (True, False)
