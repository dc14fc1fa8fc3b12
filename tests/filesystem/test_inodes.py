from __future__ import annotations

from stat import S_IFDIR, S_IFREG

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from irodsfs.filesystem.inodes import ROOT, Inodes, decode_name, encode_name
from tests.filesystem.conftest import Noting


@pytest.fixture
def inodes(kernel: Noting) -> Inodes:
    return Inodes("/z", kernel)


def test_a_path_has_its_number_for_as_long_as_the_kernel_knows_it(inodes: Inodes) -> None:
    first = inodes.looked_up("/z/a", S_IFREG)
    assert inodes.looked_up("/z/a", S_IFREG) is first
    assert (inodes.path(first.number), inodes.child(ROOT, "ü".encode())) == ("/z/a", "/z/ü")
    inodes.forget(first.number, 1)
    assert inodes.get("/z/a") is first
    inodes.forget(first.number, 1)
    assert inodes.get("/z/a") is None
    assert inodes.looked_up("/z/a", S_IFREG).number != first.number


def test_what_was_unlinked_has_no_path_and_leaves_its_name_to_others(inodes: Inodes) -> None:
    old = inodes.looked_up("/z/a", S_IFREG)
    inodes.unlinked("/z/a")
    new = inodes.looked_up("/z/a", S_IFREG)
    assert new is not old
    with pytest.raises(FileNotFoundError):
        inodes.path(old.number)
    inodes.forget(old.number, 1)
    assert inodes.get("/z/a") is new


def test_a_number_keeps_its_kind(inodes: Inodes) -> None:
    file = inodes.looked_up("/z/a", S_IFREG)
    directory = inodes.looked_up("/z/a", S_IFDIR)
    assert directory.number != file.number
    assert (inodes.get("/z/a"), file.path) == (directory, "/z/a")
    inodes.forget(file.number, 1)
    assert inodes.get("/z/a") is directory


def test_a_rename_takes_everything_below_along(inodes: Inodes) -> None:
    directory, below, beside = (
        inodes.looked_up(path, S_IFREG if path == "/z/d/a" else S_IFDIR) for path in ("/z/d", "/z/d/a", "/z/dd")
    )
    replaced = inodes.looked_up("/z/e", S_IFDIR)
    inodes.moved("/z/d", "/z/e")
    assert [each.path for each in (directory, below, beside, replaced)] == ["/z/e", "/z/e/a", "/z/dd", None]
    assert {each.number for each in inodes.at_or_below("/z/e")} == {directory.number, below.number}


async def test_the_kernel_forgets_a_path_with_what_is_below_and_its_directory(inodes: Inodes, kernel: Noting) -> None:
    directory, below = inodes.looked_up("/z/d", S_IFDIR), inodes.looked_up("/z/d/a", S_IFREG)
    await inodes.forget_below("/z/d")
    assert kernel.names == [(ROOT, b"d")]
    assert sorted(kernel.inodes) == [ROOT, directory.number, below.number]


async def test_whoever_opens_waits_for_the_renaming_above(inodes: Inodes) -> None:
    below, settled = inodes.looked_up("/z/d/a", S_IFREG), list[str | None]()

    async def settle() -> None:
        await inodes.settled(below)
        settled.append(below.path)

    async with trio.open_nursery() as nursery:
        with inodes.moving("/z/d"):
            nursery.start_soon(settle)
            await wait_all_tasks_blocked()
            assert settled == []
            inodes.moved("/z/d", "/z/e")
    assert settled == ["/z/e/a"]


def test_names_are_utf_8() -> None:
    assert decode_name(encode_name("ü'\n")) == "ü'\n"
    with pytest.raises(ValueError, match="utf-8"):
        decode_name(b"\xff")
