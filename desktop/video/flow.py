"""Flow control of one viewer: how many frames may be under way, and at what bit rate.

A sent frame is under way until the page acknowledges that it is shown. That time is the round trip;
its excess over the shortest one is the delay in a queue: on the line, or for the processor of the
browser or the server. Only the first gets shorter with fewer bits, so each fall of the bit rate is
a trial.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

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
_TRIAL = 1.0  # seconds after a fall until it is judged
_SHORTER = 0.7  # of the queue before; with a longer one the fall has not helped
_SHARE = 0.8  # of the bits that arrived: the rate that the line bears with a reserve
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 60.0  # seconds without another trial
_STALLED = 2.0  # seconds without an acknowledgement
_REMEMBERED = 10.0  # seconds for which the shortest round trip holds
_MEASURED = 1.0  # seconds of arrivals


@dataclass(frozen=True)
class _Trial:
    """The state before a fall: index in ``RATES``, and queue in seconds."""

    rate: int
    queue: float


class Flow:
    """The flow of frames to one viewer; all times are in seconds of one clock."""

    def __init__(self) -> None:
        # Number, time sent, and bytes; oldest first.
        self._under_way: deque[tuple[int, float, int]] = deque()
        self._arrived: deque[tuple[float, int]] = deque()  # time and bytes, of late
        self._shortest = 0.0  # seconds; 0 before the first acknowledgement
        self._shortest_at = 0.0
        self._queue = 0.0  # seconds, smoothed
        self._rate = RATES.index(FIRST_RATE)
        self._changed_at = 0.0
        self._trial: _Trial | None = None  # until it is judged
        self._pause = _FIRST_PAUSE  # after the next trial that does not help
        self._no_trial_until = 0.0

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

    def sent(self, number: int, size: int, now: float) -> None:
        """Note that a frame of ``size`` bytes was sent."""
        self._under_way.append((number, now, size))

    def shown(self, number: int, now: float) -> None:
        """Note an acknowledgement; one for an unknown frame is ignored."""
        sent_at = None
        while self._under_way and self._under_way[0][0] <= number:
            _, sent_at, size = self._under_way.popleft()
            self._arrived.append((now, size))
        if sent_at is not None:
            self._measure(now - sent_at, now)

    def restart(self) -> None:
        """Forget the frames under way: the page drops them."""
        self._under_way.clear()
        self._arrived.clear()

    def _measure(self, round_trip: float, now: float) -> None:
        is_old = now - self._shortest_at > _REMEMBERED
        if self._shortest == 0 or round_trip <= self._shortest or is_old:
            self._shortest, self._shortest_at = round_trip, now
        self._queue += 0.2 * (round_trip - self._shortest - self._queue)
        while self._arrived[0][0] < now - _MEASURED:
            self._arrived.popleft()
        self._adapt(now)

    def _adapt(self, now: float) -> None:
        since = now - self._changed_at
        most = RATES.index(RATES[-1] if self._shortest < _SHORT_LINE else _MOST_ON_LONG_LINE)
        if self._trial:
            if since >= _TRIAL:
                self._judge(self._trial, now)
        elif self._rate > most:
            self._set_rate(most, now)
        elif self._queue > _TOO_LONG and since > _FALL_AFTER and now >= self._no_trial_until:
            self._fall(now)
        elif self._queue < _EMPTY and since > _RISE_AFTER and self._rate < most:
            # At once to what a short line bears: each step costs a key frame.
            self._set_rate(most if self._shortest < _SHORT_LINE else self._rate + 1, now)

    def _fall(self, now: float) -> None:
        """Try a lower rate: what arrives, with a reserve."""
        arrives = 8 * sum(size for _, size in self._arrived) / _MEASURED
        lower = [index for index in range(self._rate) if RATES[index] <= _SHARE * arrives]
        self._trial = _Trial(self._rate, self._queue)
        self._set_rate(max(lower, default=0), now)

    def _judge(self, trial: _Trial, now: float) -> None:
        """Keep the lower rate, or return to the one before if the queue is as long as before."""
        self._trial = None
        if self._queue > _TOO_LONG and self._queue > _SHORTER * trial.queue:
            self._set_rate(trial.rate, now)
            self._no_trial_until = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        else:
            self._pause = _FIRST_PAUSE

    def _set_rate(self, index: int, now: float) -> None:
        self._rate = index
        self._changed_at = now
