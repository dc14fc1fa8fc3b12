from __future__ import annotations

from irodsfs.sandbox.protocol.wire import Message
from tests.sandbox.conformance.payload import payload, period_of
from tests.sandbox.conformance.recording import Event


def request(kept: bytes, length: int) -> Event:
    return Event("step", 1, "request", Message("RODS_API_REQ", 676, bs=kept), length)


def test_a_short_byte_stream_is_what_the_recording_kept() -> None:
    assert payload(request(b"hello", 5)) == b"hello"


def test_a_pattern_goes_on() -> None:
    pattern = bytes(range(256))
    assert payload(request(pattern * 2, 1000)) == (pattern * 4)[:1000]


def test_random_content_is_made_up_the_same_each_time() -> None:
    kept = bytes(range(256)) + bytes(reversed(range(256)))
    whole = payload(request(kept, 5000))
    assert len(whole) == 5000
    assert whole.startswith(kept)
    assert whole == payload(request(kept, 5000))


def test_the_period_is_the_shortest_piece_that_repeats() -> None:
    assert period_of(b"zzzzzz") == 1
    assert period_of(b"ababab") == 2
    assert period_of(b"abcdef") == 6
