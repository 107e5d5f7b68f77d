"""Random input: a few examples in each run, and for $FUZZ_SECONDS in `make fuzz`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_SECONDS = float(os.environ.get("FUZZ_SECONDS") or 0)  # for each test


def fuzz(
    check: Callable[..., None],
    *strategies: st.SearchStrategy[Any],
    examples: int,
    found: Sequence[tuple[Any, ...]] = (),
) -> None:
    """Call ``check`` with earlier failures (``found``), and then with examples."""
    for arguments in found:
        check(*arguments)
    drawn = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(
        given(*strategies)(check)
    )
    deadline = time.monotonic() + _SECONDS
    drawn()
    while time.monotonic() < deadline:
        drawn()


@st.composite
def spoiled(draw: st.DrawFn, seeds: st.SearchStrategy[bytes]) -> bytes:
    """Change, add, remove, repeat or cut off some bytes."""
    data = bytearray(draw(seeds))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data[start:end] = draw(st.binary(max_size=12) | _TELLING | st.just(data[start:end] * 2))
    return bytes(data[: draw(st.none() | st.integers(0, len(data)))])


# Bytes with a meaning in some parser.
_TELLING = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b"\r\n ", b"\r\n\r\n"),
        *(b"%", b"\\", b'"', b"{", b"[", b"\xff", b"\xc3\xa9", b"\x80"),
        *(b"\x7e\xff\xff", b"\x7f" + b"\xff" * 8),
    ]
)
