"""Round-trip time of eight bytes through a bridge to the source and back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from socket import socket

import raw_client
from bridges import Bridge
from report import Row
from samples import interleaved, medians, percentile

_DATA = b"12345678"
_FRAME = 2 + len(_DATA)
_WARM_UP, _COUNT = 200, 2000


def rows(bridges: Mapping[str, Bridge], rounds: int) -> list[Row]:
    """Measure all bridges."""
    measured = interleaved(bridges, _echoes, rounds)
    p50, p99 = (_medians_of_percentiles(measured, percent) for percent in (50, 99))
    return [
        Row("Bridge echo of 8 bytes, p50", p50["ours"], p50["theirs"], "µs", "≤ 0.5 times"),
        Row("— against stock websockify", p50["ours"], p50["websockify"], "µs"),
        Row("Bridge echo of 8 bytes, p99", p99["ours"], p99["theirs"], "µs"),
    ]


def _medians_of_percentiles(
    measured: Mapping[str, list[list[float]]], percent: int
) -> dict[str, float]:
    return medians(
        {name: [percentile(one, percent) for one in all_] for name, all_ in measured.items()}
    )


def _echoes(bridge: Bridge) -> list[float]:
    """Return the duration of each round trip in microseconds."""
    with bridge.connect() as connection:
        raw_client.send(connection, b"echo\n" + _DATA)
        raw_client.receive_exactly(connection, _FRAME)
        return [_echo(connection) for _ in range(_WARM_UP + _COUNT)][_WARM_UP:]


def _echo(connection: socket) -> float:
    start = time.perf_counter()
    raw_client.send(connection, _DATA)
    raw_client.receive_exactly(connection, _FRAME)
    return (time.perf_counter() - start) * 1e6
