"""Limits the CPU time of video; all desktops that show video now share the allowed cores."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..system.claim import PREFIX
from ..system.streams import VIDEO_ACTIVE
from .encoders import FRAME_RATE

# Seconds of real time per frame, on average; above, RFB shows more frames per second.
_TOO_SLOW = 0.1
_LONGEST = 0.3  # seconds of one frame that count
_LEAST = 5  # frames per second
_WEIGHT = 0.1  # of the newest frame in the averages
_SETTLED = 20  # frames before the averages count
_COUNT_INTERVAL = 1.0  # seconds


class Budget:
    """Allows ``cores`` cores for all desktops whose runtime folders are beside ``folder``."""

    def __init__(
        self, cores: float, folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cores = cores
        self._folder = folder
        self._clock = clock
        self._cpu = self._wall = 0.0  # seconds for a frame, averaged
        self._frames = 0
        self._sharers = 1
        self._counted_at = 0.0

    @property
    def frame_rate(self) -> float:
        """Frames per second that may be encoded."""
        if not self._is_settled or not self._cpu:
            return FRAME_RATE
        return max(_LEAST, min(FRAME_RATE, self._cores / self._sharers / self._cpu))

    @property
    def is_too_slow(self) -> bool:
        """Whether frames take so long that RFB alone is faster."""
        return self._is_settled and self._wall > _TOO_SLOW

    @property
    def _is_settled(self) -> bool:
        return self._frames >= _SETTLED

    def begin(self) -> None:
        """Note that video begins."""
        self._frames = 0
        (self._folder / VIDEO_ACTIVE).touch(mode=0o600)

    def end(self) -> None:
        """Note that video ends."""
        (self._folder / VIDEO_ACTIVE).unlink(missing_ok=True)

    def spent(self, cpu: float, wall: float) -> None:
        """Note the cost of a frame, in seconds of CPU and of real time."""
        weight = _WEIGHT if self._frames else 1.0
        self._cpu += weight * (cpu - self._cpu)
        # A single long grab of the X server does not end the video.
        self._wall += weight * (min(wall, _LONGEST) - self._wall)
        self._frames += 1
        now = self._clock()
        if now - self._counted_at >= _COUNT_INTERVAL:
            self._counted_at = now
            others = self._folder.parent.glob(f"{PREFIX}*/{VIDEO_ACTIVE}")
            self._sharers = max(1, sum(1 for _ in others))
