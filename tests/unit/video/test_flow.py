"""Flow control: a slow line has fewer frames under way and a lower bit rate, not a long queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_desktop.video.flow import FIRST_RATE, RATES, Flow

SHORT, LONG = 0.005, 0.05  # seconds; round trips of lines


class Line:
    """Sends frames by ``flow`` and acknowledges each after a round trip."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.now = 1000.0
        self.number = 0

    def carry(self, round_trip: float, seconds: float = 0.0) -> None:
        """Carry frames for so long, at least one."""
        end = self.now + seconds
        while True:
            self.number += 1
            self.flow.sent(self.number, self.now)
            self.now += round_trip
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
        flow.sent(10_000 + number, 0.0)
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
        flow.sent(number, 10.0)
    assert not flow.takes_frame(60)
    flow.shown(4, 10.01)  # none of these
    assert not flow.takes_frame(60)
    flow.shown(6, 10.0)  # 5 as well
    flow.sent(9, 10.03)
    assert flow.takes_frame(60)
    flow.sent(10, 10.03)
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
    flow.sent(1, 1000.0)
    flow.sent(2, 1001.9)
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


def test_the_rate_falls_step_by_step_while_there_is_a_queue() -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    flow, rates = line.flow, [line.flow.rate]
    queue = LONG + 0.2
    while flow.rate > RATES[0]:
        took = line.carry_until(queue, lambda: flow.rate != rates[-1])
        assert flow.rate < rates[-1]
        assert len(rates) == 1 or 0.5 <= took < 0.5 + 2 * queue
        rates.append(flow.rate)
    assert rates == sorted(RATES[: RATES.index(FIRST_RATE) + 1], reverse=True)
    line.carry(queue, 2.0)
    assert flow.rate == RATES[0]


def test_the_rate_rises_again_slowly_when_the_queue_is_gone() -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    flow = line.flow
    line.carry_until(LONG + 0.2, lambda: flow.rate == RATES[0])
    rates = [flow.rate]
    while flow.rate < FIRST_RATE:
        took = line.carry_until(LONG, lambda: flow.rate != rates[-1])
        assert took >= 1.5 - LONG
        rates.append(flow.rate)
    assert rates == list(RATES[: RATES.index(FIRST_RATE) + 1])


def test_a_moderate_queue_changes_no_rate() -> None:
    line = Line(Flow())
    line.carry(LONG, 3.0)
    line.carry_until(LONG + 0.2, lambda: line.flow.rate < FIRST_RATE)
    lower = line.flow.rate
    line.carry(LONG + 0.04, 6.0)  # less than the time for which the shortest one is remembered
    assert line.flow.rate == lower
