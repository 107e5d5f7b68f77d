"""Flow control of one viewer: how many frames may be under way, and at what bit rate.

A sent frame is under way until the page acknowledges that it is shown. That time is the round trip;
its excess over the shortest one is the queue on the line.
"""

from __future__ import annotations

from collections import deque

# The bit rates of encoders, in Mbit/s: only a few, since each change costs a key frame.
_MEGABITS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 12)
RATES = tuple(round(1_000_000 * one) for one in _MEGABITS)
FIRST_RATE = 4_000_000
# Seconds of round trip; on a longer line, a rate above _MOST_ON_LONG_LINE risks a queue.
_SHORT_LINE = 0.02
_MOST_ON_LONG_LINE = 4_000_000

_ALLOWED_QUEUE = 0.06  # seconds of frames under way, beyond the shortest round trip
_TOO_LONG, _EMPTY = 0.06, 0.015  # seconds of queue; above, the rate falls, and below, it rises
_FALL_AFTER, _RISE_AFTER = 0.5, 1.5  # seconds since the last change
_STALLED = 2.0  # seconds without an acknowledgement
_REMEMBERED = 10.0  # seconds for which the shortest round trip holds


class Flow:
    """The flow of frames to one viewer; all times are in seconds of one clock."""

    def __init__(self) -> None:
        self._under_way: deque[tuple[int, float]] = deque()  # number and time sent, oldest first
        self._shortest = 0.0  # seconds; 0 before the first acknowledgement
        self._shortest_at = 0.0
        self._queue = 0.0  # seconds, smoothed
        self._rate = RATES.index(FIRST_RATE)
        self._changed_at = 0.0

    @property
    def rate(self) -> int:
        """The bit rate that the line bears, in bits per second, from ``RATES``."""
        return RATES[self._rate]

    @property
    def round_trip(self) -> float:
        """The shortest recent round trip, in seconds; 0 if unknown."""
        return self._shortest

    def takes_frame(self, frame_rate: float) -> bool:
        """Whether another frame may be sent now, at ``frame_rate`` frames per second."""
        window = max(2, round((self._shortest + _ALLOWED_QUEUE) * frame_rate))
        return len(self._under_way) < window

    def is_stalled(self, now: float) -> bool:
        """Whether acknowledgements are so late that other viewers do not wait for this one."""
        return bool(self._under_way) and now - self._under_way[0][1] > _STALLED

    def sent(self, number: int, now: float) -> None:
        """Note that a frame was sent."""
        self._under_way.append((number, now))

    def shown(self, number: int, now: float) -> None:
        """Note an acknowledgement; one for an unknown frame is ignored."""
        sent_at = None
        while self._under_way and self._under_way[0][0] <= number:
            _, sent_at = self._under_way.popleft()
        if sent_at is not None:
            self._measure(now - sent_at, now)

    def restart(self) -> None:
        """Forget the frames under way: the page drops them."""
        self._under_way.clear()

    def _measure(self, round_trip: float, now: float) -> None:
        is_old = now - self._shortest_at > _REMEMBERED
        if self._shortest == 0 or round_trip <= self._shortest or is_old:
            self._shortest, self._shortest_at = round_trip, now
        self._queue += 0.2 * (round_trip - self._shortest - self._queue)
        self._adapt(now)

    def _adapt(self, now: float) -> None:
        since = now - self._changed_at
        is_short = self._shortest < _SHORT_LINE
        most = RATES.index(RATES[-1] if is_short else _MOST_ON_LONG_LINE)
        change = 0
        if self._rate > most or (self._queue > _TOO_LONG and since > _FALL_AFTER):
            change = -1
        elif self._queue < _EMPTY and since > _RISE_AFTER and self._rate < most:
            # On a short line to the highest rate at once: each step costs a key frame.
            change = most - self._rate if is_short else 1
        if change:
            self._rate = max(0, self._rate + change)
            self._changed_at = now
