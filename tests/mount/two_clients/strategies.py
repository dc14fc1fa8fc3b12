"""What hypothesis makes up for calls."""

from __future__ import annotations

import os

from hypothesis import strategies as st

paths = st.one_of(st.sampled_from(["a", "b"]), st.sampled_from(["a", "b", "c d", "a/a", "b/a", "b/c d"]))
machines = st.sampled_from([0, 1])
sizes = st.integers(0, 30)
contents = st.one_of(st.binary(min_size=1, max_size=12), st.integers(1, 6_000).map(lambda size: b"x" * size))
seconds = st.integers(10**9, 2 * 10**9)
attributes = st.sampled_from(["one", "two"])
values = st.sampled_from(["1", "2"])
open_flags = st.builds(
    lambda access, others: access | sum(others),
    st.sampled_from([os.O_RDONLY, os.O_WRONLY, os.O_RDWR]),
    st.one_of(
        st.sets(st.sampled_from([os.O_CREAT, os.O_TRUNC, os.O_APPEND])),
        st.sets(st.sampled_from([os.O_EXCL, os.O_TRUNC, os.O_APPEND])).map(lambda others: {os.O_CREAT, *others}),
    ),
)
