"""The content of an open object is what the same operations make of a byte array, here and in the zone.

The sizes from which on content goes to the spool, into a stream, or by ranges are made small, so that short examples
reach all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import (
    appending,
    content_states,
    flights,
    open_file,
    readahead,
    reader,
    spool,
    streaming,
    upload,
    versions,
    write_stream,
)
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions

SMALL = 64
CHUNK = 32
LIMIT = 400

Operation = tuple[str, int, int]

offsets = st.one_of(st.integers(0, 40), st.integers(0, LIMIT))
sizes = st.one_of(st.integers(1, 20), st.integers(1, LIMIT))
operation = st.one_of(
    st.tuples(st.just("write"), offsets, sizes),
    st.tuples(st.just("append"), st.just(0), sizes),
    st.tuples(st.just("read"), offsets, sizes),
    st.tuples(st.just("truncate"), offsets, st.just(0)),
    st.tuples(st.sampled_from(["flush", "refresh", "reopen"]), st.just(0), st.just(0)),
)


@pytest.fixture
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (open_file, content_states, flights, upload, versions, appending):
        monkeypatch.setattr(module, "SMALL", SMALL)
    for module in (content_states, flights, readahead, streaming, write_stream, upload, appending):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    for module in (content_states, spool):
        monkeypatch.setattr(module, "AT_ONCE", CHUNK // 2)
    monkeypatch.setattr(streaming, "STREAM_FROM", 2 * CHUNK)
    monkeypatch.setattr(write_stream, "AHEAD", 4 * CHUNK)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 2)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(readahead, "BEYOND", CHUNK)
    monkeypatch.setattr(reader, "RANDOM_READ", CHUNK)


async def read(subject: OpenFile, offset: int, size: int) -> bytes:
    """In requests that are shorter than a chunk, as the kernel's are."""
    step, end = CHUNK // 4, offset + size
    parts = [await subject.read(start, min(step, end - start)) for start in range(offset, end, step)]
    return b"".join(parts)


async def play(zone: Zone, spool: Spool, path: str, initial: bytes | None, operations: list[Operation]) -> bytes:
    """Does the operations, compares after each, and answers what should be in the zone then."""
    options = TransferOptions()
    model = bytearray(initial or b"")
    if initial is None:
        subject = OpenFile.new(zone, spool, path, options, exclusive=True)
    else:
        subject = OpenFile(zone, spool, path, len(initial), options)
    for number, (kind, offset, size) in enumerate(operations):
        if kind in ("write", "append"):
            start = len(model) if kind == "append" else offset
            content = bytes([number % 255 + 1]) * size
            await subject.write(start, content)
            model.extend(bytes(max(0, start - len(model))))
            model[start : start + size] = content
        elif kind == "truncate":
            await subject.truncate(offset)
            del model[offset:]
            model.extend(bytes(offset - len(model)))
        elif kind == "read":
            assert await read(subject, offset, size) == model[offset : offset + size]
        elif kind == "flush":
            await subject.flush()
            assert not subject.is_dirty
        elif kind == "refresh":
            await subject.refresh()
        else:
            await subject.flush()
            await subject.close()
            subject = OpenFile(zone, spool, path, len(model), options)
        assert subject.size == len(model)
    await subject.flush()
    assert await read(subject, 0, subject.size) == model
    await subject.close()
    return bytes(model)


@pytest.fixture
def played(
    session: iRODSSession, home: str, tmp_path: Path, small_sizes: None
) -> Callable[[bytes | None, list[Operation]], None]:
    """Plays operations on a new object and compares what is in the zone then."""

    def compare(initial: bytes | None, operations: list[Operation]) -> None:
        path = f"{home}/{uuid.uuid4().hex}"
        if initial is not None:
            with session.data_objects.open(path, "w") as stream:
                stream.write(initial)

        async def main() -> bytes:
            async with trio.open_nursery() as background:
                zone = await Zone.enter(session, 2, background)
                expected = await play(zone, Spool(tmp_path / "spool"), path, initial, operations)
                await zone.leave()
                background.cancel_scope.cancel()
            return expected

        expected = trio.run(main)
        with session.data_objects.open(path, "r") as stream:
            assert stream.read() == expected
        assert [replica.status for replica in session.data_objects.get(path).replicas] == ["1"]

    return compare


@pytest.mark.timeout(100)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(initial=st.none() | st.sampled_from([0, 10, SMALL, 300]), operations=st.lists(operation, max_size=12))
@example(initial=50, operations=[("truncate", 20, 0), ("write", 300, 5)])
@example(initial=300, operations=[("truncate", 100, 0), ("truncate", 200, 0), ("append", 0, 90), ("flush", 0, 0)])
@example(initial=300, operations=[("truncate", 33, 0), ("flush", 0, 0), ("read", 0, 33)])
@example(initial=300, operations=[("append", 0, 129), ("truncate", 300, 0)])
@example(initial=300, operations=[("write", 299, 5), ("truncate", 1, 0), ("flush", 0, 0), ("write", 0, 1)])
@example(initial=None, operations=[("append", 0, 200), ("write", 10, 5), ("truncate", 150, 0), ("append", 0, 200)])
@example(initial=300, operations=[("write", 0, 300), ("flush", 0, 0), ("write", 250, 5), ("append", 0, 100)])
def test_contents_are_what_operations_make_of_them(
    played: Callable[[bytes | None, list[Operation]], None], initial: int | None, operations: list[Operation]
) -> None:
    played(None if initial is None else bytes(range(1, 251)) * (initial // 250) + b"x" * (initial % 250), operations)
