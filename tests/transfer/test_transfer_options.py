from __future__ import annotations

from irodsfs.transfer.transfer_options import TransferOptions


def test_a_resource_is_for_its_own_zone() -> None:
    options = TransferOptions("disk", "tempZone")
    assert options.resource_at("/tempZone/home/file") == "disk"
    assert options.resource_at("/otherZone/home/file") is None


def test_without_one_the_zone_chooses() -> None:
    assert TransferOptions().resource_at("/tempZone/home/file") is None
    assert (TransferOptions().checksum, TransferOptions().verify) == (None, None)
