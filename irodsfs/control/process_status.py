"""What this process is and does: the status, and metrics in Prometheus' form."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from irodsfs import __version__, metrics
from irodsfs.control.changes import Changes
from irodsfs.control.documents.status_documents import StatusDocument, TrafficDocument
from irodsfs.transfer.memory import BUDGET

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Served:
    """What is served: a zone as a user, and where it is mounted (empty: nowhere)."""

    host: str
    port: int
    zone: str
    user: str = ""
    mountpoint: str = ""
    collection: str = ""
    read_only: bool = False
    socket: str = ""
    since: float = field(default_factory=time.monotonic)

    def status(self, mount: Changes) -> StatusDocument:
        lookups = {label: number for (label,), number in metrics.LOOKUPS.items()}
        return StatusDocument(
            version=__version__,
            pid=os.getpid(),
            uptime=int(time.monotonic() - self.since),
            host=self.host,
            port=self.port,
            zone=self.zone,
            user=self.user,
            login=f"the zone refuses {self.user} by now: run irodsfs login" if mount.is_refused else "",
            mountpoint=self.mountpoint,
            collection=self.collection,
            readOnly=self.read_only,
            socket=self.socket,
            openFiles=mount.open_files,
            dirtyBytes=mount.dirty_bytes,
            waitingFiles=mount.waiting_files,
            waitingBytes=mount.waiting_bytes,
            failedFiles=mount.failed_files,
            spool=mount.spool_directory,
            connections=sum(number for _, number in metrics.CONNECTIONS.items()),
            memoryUsed=BUDGET.used,
            memoryLimit=BUDGET.limit,
            catalogQuestions=lookups.get("asked", 0),
            catalogFetches=lookups.get("fetched", 0),
            loopDelayP99=round(MICROSECONDS * metrics.LOOP_DELAYS.percentile(0.99)),
            loopDelayMax=round(MICROSECONDS * metrics.LOOP_DELAYS.longest),
            traffic=_traffic(),
        )


def _traffic() -> list[TrafficDocument]:
    numbers = dict(metrics.HOST_BYTES.items())
    return [
        TrafficDocument(
            host=host, bytesRead=numbers.get((host, "read"), 0), bytesWritten=numbers.get((host, "written"), 0)
        )
        for host in sorted({host for host, _ in numbers})
    ]


def exposition(mount: Changes) -> bytes:
    """All metrics as text."""
    registry = CollectorRegistry()
    registry.register(_Metrics(mount))
    ProcessCollector(registry=registry)
    return bytes(generate_latest(registry))


class _Metrics(Collector):
    def __init__(self, mount: Changes) -> None:
        self._mount = mount

    def collect(self) -> Iterator[Metric]:
        yield _operations()
        yield _loop_delays()
        yield _counter("irodsfs_errors", "Failed operations.", ("operation", "errno"), metrics.ERRORS)
        yield _counter("irodsfs_bytes", "Bytes read and written by programs.", ("direction",), metrics.BYTES)
        by_host = "Bytes of contents by the server that brought or took them."
        yield _counter("irodsfs_host_bytes", by_host, ("host", "direction"), metrics.HOST_BYTES)
        yield _counter("irodsfs_zone_requests", "Requests to the zone by API number.", ("api",), metrics.ZONE_REQUESTS)
        yield _counter("irodsfs_catalog", "Questions asked, and fetches made for them.", ("what",), metrics.LOOKUPS)
        connections = sum(number for _, number in metrics.CONNECTIONS.items())
        yield GaugeMetricFamily("irodsfs_connections", "Connections to the zone.", connections)
        yield GaugeMetricFamily("irodsfs_open_files", "Files that programs have open.", self._mount.open_files)
        yield GaugeMetricFamily("irodsfs_dirty_bytes", "Bytes of files not in the zone yet.", self._mount.dirty_bytes)
        yield GaugeMetricFamily("irodsfs_memory_bytes", "Bytes of contents held in memory.", BUDGET.used)
        yield GaugeMetricFamily("irodsfs_memory_limit_bytes", "Bytes of them at the most.", BUDGET.limit)
        waiting, failed = self._mount.waiting_files, self._mount.failed_files
        yield GaugeMetricFamily("irodsfs_waiting_files", "Closed files that are not in the zone yet.", waiting)
        yield GaugeMetricFamily("irodsfs_failed_files", "Files in the spool that the zone would not take.", failed)


def _operations() -> Metric:
    family = HistogramMetricFamily("irodsfs_operation_seconds", "Latency of operations.", labels=("operation",))
    for kind, counts in sorted(metrics.OPERATIONS.buckets.items()):
        family.add_metric((kind,), _running(metrics.BUCKETS, counts), metrics.OPERATIONS.sums[kind])
    return family


def _loop_delays() -> Metric:
    family = HistogramMetricFamily("irodsfs_loop_delay_seconds", "How late the event loop comes to what is due.")
    family.add_metric((), _running(metrics.DELAY_BUCKETS, metrics.LOOP_DELAYS.buckets), metrics.LOOP_DELAYS.sum)
    return family


def _running(limits: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    bounds = [*(str(limit) for limit in limits), "+Inf"]
    return list(zip(bounds, map(float, accumulate(counts)), strict=True))


def _counter(name: str, documentation: str, labels: tuple[str, ...], counted: metrics.Counted) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=labels)
    for values, number in counted.items():
        family.add_metric(values, number)
    return family
