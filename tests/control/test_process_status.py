"""The metrics: their names and types, and that they count what happens."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from irodsfs.metrics import BUCKETS, DELAY_BUCKETS
from tests.mounts import Mount

TYPES = {
    "irodsfs_operation_seconds": ("histogram", {"operation", "le"}),
    "irodsfs_loop_delay_seconds": ("histogram", {"le"}),
    "irodsfs_errors": ("counter", {"operation", "errno"}),
    "irodsfs_bytes": ("counter", {"direction"}),
    "irodsfs_host_bytes": ("counter", {"host", "direction"}),
    "irodsfs_zone_requests": ("counter", {"api"}),
    "irodsfs_catalog": ("counter", {"what"}),
    "irodsfs_connections": ("gauge", set()),
    "irodsfs_memory_bytes": ("gauge", set()),
    "irodsfs_memory_limit_bytes": ("gauge", set()),
    "irodsfs_open_files": ("gauge", set()),
    "irodsfs_dirty_bytes": ("gauge", set()),
    "irodsfs_waiting_files": ("gauge", set()),
    "irodsfs_failed_files": ("gauge", set()),
    "process_cpu_seconds": ("counter", set()),
    "process_max_fds": ("gauge", set()),
    "process_open_fds": ("gauge", set()),
    "process_resident_memory_bytes": ("gauge", set()),
    "process_start_time_seconds": ("gauge", set()),
    "process_virtual_memory_bytes": ("gauge", set()),
}


class Metrics:
    """One reading of `/metrics`."""

    def __init__(self, control: httpx.Client) -> None:
        answer = control.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        self.families: dict[str, Metric] = {each.name: each for each in text_string_to_metric_families(answer.text)}

    def value(self, sample: str, **labels: str) -> float:
        """The number of one sample, 0 when it was never counted."""
        samples = (each for family in self.families.values() for each in family.samples)
        return sum(each.value for each in samples if each.name == sample and each.labels == labels)


@pytest.fixture
def directory(control: httpx.Client, mounted_zone: Mount, home: str) -> Path:
    control.post("/cache/invalidate")
    return mounted_zone.shown(home)


def test_every_metric_has_its_type_and_its_labels(control: httpx.Client, directory: Path) -> None:
    (directory / "file").write_bytes(b"x")
    with pytest.raises(FileNotFoundError):
        (directory / "missing").stat()
    with pytest.raises(OSError, match="not empty"):
        directory.rmdir()
    families = Metrics(control).families
    assert {name: family.type for name, family in families.items()} == {name: kind for name, (kind, _) in TYPES.items()}
    for name, (_, labels) in TYPES.items():
        assert families[name].documentation
        assert {label for sample in families[name].samples for label in sample.labels} == labels, name


def test_counters_move_with_what_programs_do(control: httpx.Client, directory: Path) -> None:
    before = Metrics(control)
    (directory / "file").write_bytes(b"x" * 1000)
    assert (directory / "file").read_bytes() == b"x" * 1000
    with pytest.raises(OSError, match="not empty"):
        directory.rmdir()
    after = Metrics(control)

    def moved(sample: str, **labels: str) -> float:
        return after.value(sample, **labels) - before.value(sample, **labels)

    assert moved("irodsfs_bytes_total", direction="written") == 1000
    assert moved("irodsfs_bytes_total", direction="read") == 1000
    assert moved("irodsfs_operation_seconds_count", operation="create") == 1
    assert moved("irodsfs_operation_seconds_count", operation="rmdir") == 1
    assert moved("irodsfs_errors_total", operation="rmdir", errno="ENOTEMPTY") == 1
    assert moved("irodsfs_zone_requests_total", api="602") >= 1


def test_latencies_fall_into_cumulative_buckets(control: httpx.Client, directory: Path) -> None:
    (directory / "made").mkdir()
    metrics = Metrics(control)
    bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
    counts = [metrics.value("irodsfs_operation_seconds_bucket", operation="mkdir", le=bound) for bound in bounds]
    assert counts == sorted(counts)
    assert counts[-1] == metrics.value("irodsfs_operation_seconds_count", operation="mkdir") >= 1
    assert metrics.value("irodsfs_operation_seconds_sum", operation="mkdir") > 0


def test_delays_of_the_event_loop_are_measured_all_the_time(control: httpx.Client, directory: Path) -> None:
    status = control.get("/status").json()
    assert 0 < status["loopDelayP99"] <= status["loopDelayMax"]
    before = Metrics(control)
    for _ in range(50):
        (directory / "file").write_bytes(b"x")
    after = Metrics(control)
    counts = [after.value("irodsfs_loop_delay_seconds_bucket", le=str(bound)) for bound in (*DELAY_BUCKETS, "+Inf")]
    assert counts == sorted(counts)
    assert counts[-1] > before.value("irodsfs_loop_delay_seconds_count")


def test_gauges_tell_what_is_open_and_dirty(control: httpx.Client, directory: Path) -> None:
    before = Metrics(control)
    with (directory / "file").open("wb", buffering=0) as file:
        file.write(b"x" * 1000)
        during = Metrics(control)
        assert during.value("irodsfs_open_files") == before.value("irodsfs_open_files") + 1
        assert during.value("irodsfs_dirty_bytes") == before.value("irodsfs_dirty_bytes") + 1000
        assert control.get("/status").json()["dirtyBytes"] == during.value("irodsfs_dirty_bytes")
    assert Metrics(control).value("irodsfs_dirty_bytes") == before.value("irodsfs_dirty_bytes")
    assert during.value("irodsfs_connections") >= 1
