"""The memory of processes over time, and its growth after a warm-up."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Mapping, Sequence

import psutil

# MiB that a process may grow by, from the first fifth after the warm-up to the last one. Some
# growth is normal: CPython and malloc allocate memory by the MiB. A leak would be larger: ten
# minutes carry gigabytes and thousands of requests, so that four kept pictures or a kilobyte of
# each request exceed this.
FLAT = 4.0

_EVERY = 0.5  # seconds
_WARM_UP = 0.2  # of the time, and
_LONGEST_WARM_UP = 60.0  # seconds


class Memory(threading.Thread):
    """Samples the resident memory of groups of processes until it is stopped."""

    def __init__(self, groups: Mapping[str, Sequence[psutil.Process]]) -> None:
        super().__init__(daemon=True)
        self._samples: dict[str, dict[psutil.Process, list[float]]] = {
            group: {process: [] for process in members} for group, members in groups.items()
        }
        self._over = threading.Event()

    def stop(self) -> None:
        """Stop sampling."""
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(_EVERY):
            for members in self._samples.values():
                for process, samples in members.items():
                    samples.append(process.memory_info().rss / 2**20)

    def growth(self) -> dict[str, tuple[float, float]]:
        """Return for each group MiB after the warm-up and at the end, of the largest growth."""
        return {
            group: max(map(_growth, members.values()), key=lambda grown: grown[1] - grown[0])
            for group, members in self._samples.items()
        }


def _growth(samples: Sequence[float]) -> tuple[float, float]:
    cold = min(len(samples) * _WARM_UP, _LONGEST_WARM_UP / _EVERY)
    warm = samples[int(cold) :]
    fifth = len(warm) // 5
    return statistics.median(warm[:fifth]), statistics.median(warm[-fifth:])
