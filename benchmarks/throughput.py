"""Throughput of a bridge to a client that only reads, and the server's CPU time for it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import raw_client
from bridges import Bridge, Ours, Theirs
from report import Row
from samples import interleaved, medians

_MEBIBYTES = 100_000  # more than a round can read
_WARM_UP, _SECONDS = 0.2, 1.0


def rows(bridges: Mapping[str, Bridge], rounds: int) -> list[Row]:
    """Measure all bridges."""
    rate = medians(interleaved(bridges, _rate, rounds))
    servers = {name: one for name, one in bridges.items() if isinstance(one, Ours | Theirs)}
    cost = medians(interleaved(servers, _cost, rounds))
    return [
        Row("Bridge throughput", rate["ours"], rate["theirs"], "MB/s", "≥ 6 times, ≥ 2,000 MB/s"),
        Row("— against stock websockify", rate["ours"], rate["websockify"], "MB/s"),
        Row("CPU time of the Jupyter server per GB", cost["ours"], cost["theirs"], "ms"),
    ]


def _rate(bridge: Bridge) -> float:
    """Return megabytes per second."""
    with bridge.connect() as connection:
        raw_client.send(connection, b"flood %d\n" % _MEBIBYTES)
        raw_client.discard(connection, _WARM_UP)
        start = time.perf_counter()
        count = raw_client.discard(connection, _SECONDS)
        return count / (time.perf_counter() - start) / 1e6


def _cost(server: Ours | Theirs) -> float:
    """Return the server's CPU time per gigabyte, in milliseconds, without its children."""
    with server.connect() as connection:
        before = server.cpu_time()
        raw_client.send(connection, b"flood %d\n" % _MEBIBYTES)
        gigabytes = raw_client.discard(connection, _SECONDS) / 1e9
        return (server.cpu_time() - before) * 1000 / gigabytes
