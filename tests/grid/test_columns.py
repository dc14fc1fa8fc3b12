from __future__ import annotations

import pytest
from irods.models import Collection, DataObject

from irodsfs.grid.columns import UnknownColumn, column


@pytest.mark.parametrize("name", ["DATA_NAME", "COL_DATA_NAME", "data_name", "col_Data_Name"])
def test_a_column_is_found_with_and_without_its_prefix(name: str) -> None:
    assert column(name).icat_id == DataObject.name.icat_id


def test_names_that_begin_with_the_prefix_themselves_are_found_as_they_are() -> None:
    assert column("COLL_NAME").icat_id == Collection.name.icat_id


def test_what_is_no_column_is_told_with_what_is_alike() -> None:
    with pytest.raises(UnknownColumn, match=r"'DATA_NAM' is not a column; alike are .*DATA_NAME"):
        column("DATA_NAM")
    with pytest.raises(UnknownColumn, match=r"^'\?\?\?' is not a column$"):
        column("???")
