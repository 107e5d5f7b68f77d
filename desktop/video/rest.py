"""Decides when a region has come to rest."""

from __future__ import annotations

from collections import deque

_WINDOW = 0.3  # seconds
_SHARE = 0.2  # of the region's area; a blinking cursor or a clock is less


class RestDetector:
    """Sums up the area of changes; times are in seconds of one clock."""

    def __init__(self, area: int, now: float) -> None:
        self._least = area * _SHARE
        self._since = now
        self._changes: deque[tuple[float, int]] = deque()  # time and area, oldest first

    def changed(self, area: int, now: float) -> None:
        """Note a change of ``area`` pixels."""
        self._changes.append((now, area))
        self._forget(now)

    def is_resting(self, now: float) -> bool:
        """Whether less than ``_SHARE`` of the area has changed within ``_WINDOW``."""
        self._forget(now)
        if now - self._since < _WINDOW:
            return False
        return sum(area for _, area in self._changes) < self._least

    def _forget(self, now: float) -> None:
        while self._changes and self._changes[0][0] < now - _WINDOW:
            self._changes.popleft()
