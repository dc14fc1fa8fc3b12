"""A kernel that can't be told what to forget, as nothing is mounted yet or any more, is no trouble."""

from __future__ import annotations

import logging

import pytest

from irodsfs.filesystem.inodes import ROOT
from irodsfs.mount.kernel_cache import KernelCache


def test_what_is_to_be_forgotten_when_nothing_is_mounted_fails_nothing_and_logs_no_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    kernel = KernelCache()
    kernel.forget_name(ROOT, b"name")
    kernel.forget_attributes(ROOT)
    kernel.forget_inodes([ROOT, ROOT + 1])
    kernel.close()
    assert len(caplog.records) == 4
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
    assert not any(record.exc_info for record in caplog.records)


def test_after_the_end_the_kernel_is_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kernel = KernelCache()
    kernel.close()
    kernel.forget_name(ROOT, b"name")
    kernel.forget_attributes(ROOT)
    kernel.forget_inodes([ROOT])
    assert not caplog.records
