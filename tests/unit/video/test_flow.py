"""Flow control: a slow line has fewer frames under way and a lower bit rate, not a long queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_desktop.video.flow import FIRST_RATE, RATES, Flow

SHORT, LONG = 0.005, 0.05  # seconds; round trips of lines


class Line:
    """Sends frames by ``flow`` and acknowledges each after a round trip.

    A line that is slower than the flow's rate delays each frame further, by the share of bits that
    it does not carry in time. ``capacity`` is in bits per second.
    """

    def __init__(self, flow: Flow, capacity: float = 1e9) -> None:
        self.flow = flow
        self.now = 1000.0
        self.number = 0
        self.capacity = capacity

    def carry(self, round_trip: float, seconds: float = 0.0) -> None:
        """Carry frames for so long, at least one."""
        end = self.now + seconds
        while True:
            self.number += 1
            overload = max(0.0, self.flow.rate / self.capacity - 1)
            took = round_trip + 0.2 * overload
            self.flow.sent(
                self.number, round(min(self.flow.rate, self.capacity) * took / 8), self.now
            )
            self.now += took
            self.flow.shown(self.number, self.now)
            if self.now >= end:
                return

    def carry_until(self, round_trip: float, wanted: Callable[[], bool]) -> float:
        """Carry frames until ``wanted``; return the seconds."""
        began = self.now
        while not wanted():
            assert self.now - began < 60
            self.carry(round_trip)
        return self.now - began


def under_way(flow: Flow, frame_rate: float) -> int:
    """Return how many frames may be under way; they are sent."""
    number = 0
    while flow.takes_frame(frame_rate):
        number += 1
        flow.sent(10_000 + number, 1000, 0.0)
    return number


def test_the_window_is_the_round_trip_and_60_ms() -> None:
    flow = Flow()
    assert flow.round_trip == 0
    assert under_way(flow, 60) == 4  # 60 ms
    flow.restart()
    line = Line(flow)
    line.carry(0.1)
    assert flow.round_trip == pytest.approx(0.1)
    assert under_way(flow, 60) == 10
    flow.restart()
    assert under_way(flow, 5) == 2  # never fewer, or one frame waits for the other


def test_a_full_window_opens_with_an_acknowledgement_of_any_frame_in_it() -> None:
    flow = Flow()
    for number in (5, 6, 7, 8):
        flow.sent(number, 1000, 10.0)
    assert not flow.takes_frame(60)
    flow.shown(4, 10.01)  # none of these
    assert not flow.takes_frame(60)
    flow.shown(6, 10.0)  # 5 as well
    flow.sent(9, 1000, 10.03)
    assert flow.takes_frame(60)
    flow.sent(10, 1000, 10.03)
    assert not flow.takes_frame(60)
    flow.restart()
    assert flow.takes_frame(60)


def test_an_acknowledgement_without_a_frame_under_way_changes_nothing() -> None:
    flow = Flow()
    flow.shown(0xFFFFFFFF, 1000.0)
    assert flow.round_trip == 0
    assert flow.rate == FIRST_RATE


def test_a_viewer_that_shows_nothing_is_stalled() -> None:
    flow = Flow()
    assert not flow.is_stalled(1000.0)
    flow.sent(1, 1000, 1000.0)
    flow.sent(2, 1000, 1001.9)
    assert not flow.is_stalled(1001.9)
    assert flow.is_stalled(1002.1)
    flow.shown(1, 1002.1)
    assert not flow.is_stalled(1002.1)


def test_the_shortest_round_trip_is_forgotten_after_a_while() -> None:
    """The line may have become a longer one."""
    line = Line(Flow())
    line.carry(SHORT)
    line.carry(LONG, 9.0)
    assert line.flow.round_trip < 2 * SHORT
    line.carry(LONG, 2.0)
    assert line.flow.round_trip > LONG / 2


def test_a_short_line_gets_the_highest_rate_at_once() -> None:
    line = Line(Flow())
    assert line.flow.rate == FIRST_RATE
    line.carry(SHORT)
    assert line.flow.rate == RATES[-1]


def test_a_long_line_keeps_the_first_rate() -> None:
    line = Line(Flow())
    line.carry(LONG, 30.0)
    assert line.flow.rate == FIRST_RATE


def test_a_line_that_becomes_long_gets_the_rate_of_long_lines() -> None:
    line = Line(Flow())
    line.carry(SHORT)
    line.carry_until(LONG, lambda: line.flow.rate == FIRST_RATE)


@pytest.mark.parametrize("capacity", [2_500_000, 1_300_000, 600_000])
def test_the_rate_falls_to_what_the_line_carries(capacity: float) -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    line.capacity = capacity
    line.carry_until(LONG, lambda: line.flow.rate <= capacity)
    rates = set()
    for _ in range(600):
        line.carry(LONG, 0.1)
        rates.add(line.flow.rate)
    assert max(rates) <= 2 * capacity  # it rises now and then, to see whether the line has changed
    assert min(rates) >= RATES[0]


def test_the_rate_rises_again_when_the_line_carries_more() -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    line.capacity = 600_000
    line.carry_until(LONG, lambda: line.flow.rate == RATES[0])
    line.capacity = 1e9
    line.carry_until(LONG, lambda: line.flow.rate == FIRST_RATE)


def test_a_queue_for_a_processor_lowers_the_rate_only_for_trials() -> None:
    line = Line(Flow())
    line.carry(SHORT, 3.0)
    rates = []
    while line.now < 1060:
        line.carry(SHORT)  # the shortest round trip stays known
        for _ in range(20):
            line.carry(0.2)
            rates.append(line.flow.rate)
    assert min(rates) < RATES[-1]
    assert rates.count(RATES[-1]) > 0.7 * len(rates)


def test_a_moderate_queue_changes_no_rate() -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    line.capacity = 1_300_000
    line.carry_until(LONG, lambda: line.flow.rate <= 1_000_000)
    line.carry(LONG, 1.0)
    line.capacity, lower = 1e9, line.flow.rate
    line.carry(LONG + 0.04, 6.0)  # less than the time for which the shortest one is remembered
    assert line.flow.rate == lower
