"""A region rests when less than a fifth of it has changed within 0.3 seconds."""

from __future__ import annotations

from jupyter_desktop.video.rest import RestDetector

AREA = 1000


def test_a_region_does_not_rest_while_it_moves() -> None:
    rest = RestDetector(AREA, 10.0)
    for number in range(100):
        now = 10.0 + number / 10
        rest.changed(100, now)
        assert not rest.is_resting(now)


def test_a_region_is_watched_for_a_while_before_it_rests() -> None:
    rest = RestDetector(AREA, 10.0)
    assert not rest.is_resting(10.29)
    assert rest.is_resting(10.31)


def test_a_region_rests_when_its_changes_are_past() -> None:
    rest = RestDetector(AREA, 10.0)
    rest.changed(AREA, 11.0)
    assert not rest.is_resting(11.29)
    assert rest.is_resting(11.31)
    rest.changed(AREA, 11.32)
    assert not rest.is_resting(11.33)


def test_a_blinking_cursor_is_rest() -> None:
    rest = RestDetector(AREA, 10.0)
    for number in range(100):
        rest.changed(60, 10.0 + number / 10)
    assert rest.is_resting(20.0)


def test_small_changes_add_up() -> None:
    rest = RestDetector(AREA, 10.0)
    for number in range(4):
        rest.changed(49, 11.0 + number / 20)
    assert rest.is_resting(11.2)
    rest.changed(4, 11.2)
    assert not rest.is_resting(11.2)
