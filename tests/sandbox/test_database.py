from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from irodsfs.sandbox.catalog.database import Catalog, now


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.create_tables()
    yield catalog
    catalog.close()


@contextmanager
def failed_transaction(catalog: Catalog) -> Iterator[None]:
    """A transaction that fails at its end."""
    with suppress(ZeroDivisionError), catalog.transaction():
        yield
        raise ZeroDivisionError


def add(catalog: Catalog, name: str) -> None:
    catalog.execute("INSERT INTO R_SPECIFIC_QUERY VALUES (?, 'select', ?)", name, now())


def exists(catalog: Catalog, name: str) -> bool:
    return catalog.value("SELECT 1 FROM R_SPECIFIC_QUERY WHERE alias = ?", name) == 1


def test_times_are_eleven_digits() -> None:
    assert len(now()) == 11
    assert now().isdigit()


def test_object_ids_start_at_10000_and_never_repeat(catalog: Catalog) -> None:
    assert [catalog.next_id() for _ in range(3)] == [10000, 10001, 10002]


def test_a_failed_transaction_leaves_nothing(catalog: Catalog) -> None:
    with failed_transaction(catalog):
        add(catalog, "a")
    assert not exists(catalog, "a")


def test_a_transaction_inside_another_ends_with_that(catalog: Catalog) -> None:
    with failed_transaction(catalog), catalog.transaction():
        add(catalog, "a")
    assert not exists(catalog, "a")


def test_actions_wait_for_the_commit_and_fall_with_a_rollback(catalog: Catalog) -> None:
    done: list[str] = []
    with catalog.transaction():
        catalog.when_committed(lambda: done.append("committed"))
        assert done == []
    with failed_transaction(catalog):
        catalog.when_committed(lambda: done.append("rolled back"))
    with catalog.transaction():
        add(catalog, "a")
    assert done == ["committed"]


def test_a_change_left_uncommitted_is_made_by_the_next_commit(catalog: Catalog) -> None:
    catalog.leave_uncommitted(lambda: add(catalog, "late"))
    assert not exists(catalog, "late")
    with catalog.transaction():
        assert exists(catalog, "late")
    assert exists(catalog, "late")


def test_a_change_left_uncommitted_outlives_a_failure_that_changed_nothing(catalog: Catalog) -> None:
    catalog.leave_uncommitted(lambda: add(catalog, "late"))
    with failed_transaction(catalog):
        pass
    assert not exists(catalog, "late")
    with catalog.transaction():
        pass
    assert exists(catalog, "late")


def test_a_change_left_uncommitted_falls_with_a_failure_after_other_changes(catalog: Catalog) -> None:
    catalog.leave_uncommitted(lambda: add(catalog, "late"))
    with failed_transaction(catalog):
        add(catalog, "other")
    with catalog.transaction():
        pass
    assert not exists(catalog, "late")


def test_writers_take_turns(tmp_path: Path, catalog: Catalog) -> None:
    def count_up() -> None:
        other = Catalog(tmp_path / "catalog.sqlite")
        for _ in range(50):
            with other.transaction():
                other.next_id()
        other.close()

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalog.next_id() == 10000 + 4 * 50


def test_like_tells_upper_from_lower_case(catalog: Catalog) -> None:
    assert catalog.value("SELECT 'a' LIKE 'A'") == 0


def test_columns_hold_no_more_than_a_real_catalog(catalog: Catalog) -> None:
    sql = "INSERT INTO R_META_MAIN (meta_id, meta_attr_name, meta_attr_value) VALUES (1, 'a', ?)"
    catalog.execute(sql, "é" * 1350)
    with pytest.raises(sqlite3.IntegrityError):
        catalog.execute(sql.replace("(1,", "(2,"), "é" * 1351)
