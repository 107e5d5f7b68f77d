"""Memory growth when a client stops reading while the display server sends much data."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psutil
import raw_client
from bridges import Bridge
from report import Row

_MEBIBYTES = 600


def rows(bridges: Mapping[str, Bridge], seconds: float) -> list[Row]:
    """Measure all bridges for ``seconds``, at the same time, since they only wait."""
    stalled = {name: _Stalled(bridge) for name, bridge in bridges.items()}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in stalled.values():
            one.look()
        time.sleep(0.1)
    growth = {name: one.growth() for name, one in stalled.items()}
    what = f"Memory while a client does not read for {seconds:.0f} s, the process that grows most"
    return [
        Row(what, growth["ours"], growth["theirs"], "MiB", "< 20 MiB"),
        Row("— against stock websockify", growth["ours"], growth["websockify"], "MiB"),
    ]


class _Stalled:
    """A connection to a bridge whose client does not read."""

    def __init__(self, bridge: Bridge) -> None:
        # Connect once first, so that the memory of a connection itself is not counted.
        with bridge.connect() as connection:
            raw_client.send(connection, b"echo\n")
        self._before = _memory(bridge)
        self._most = dict(self._before)
        self._bridge = bridge
        self._connection = bridge.connect()
        raw_client.send(self._connection, b"flood %d\n" % _MEBIBYTES)

    def look(self) -> None:
        """Record the maximum memory of each process."""
        for pid, size in _memory(self._bridge).items():
            self._most[pid] = max(size, self._most.get(pid, 0))

    def growth(self) -> float:
        """Close the connection; return the largest growth of a process, in MiB."""
        self._connection.close()
        return max(size - self._before.get(pid, 0) for pid, size in self._most.items())


def _memory(bridge: Bridge) -> dict[int, float]:
    sizes = {}
    for process in bridge.processes():
        try:
            sizes[process.pid] = process.memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            pass
    return sizes
