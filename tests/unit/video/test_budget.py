"""The budget: desktops share the cores; frames that take too long end the video."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from jupyter_desktop.system.streams import VIDEO_ACTIVE
from jupyter_desktop.video.budget import Budget
from jupyter_desktop.video.encoders import FRAME_RATE
from tests.unit.conftest import Clock

SETTLED = 20  # frames


def folder(parent: Path, name: str) -> Path:
    """Make the runtime folder of a desktop."""
    path = parent / f"jd-{name}"
    path.mkdir()
    return path


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return folder(tmp_path, "mine")


def spend(budget: Budget, cpu: float, wall: float, frames: int = SETTLED) -> None:
    for _ in range(frames):
        budget.spent(cpu, wall)


def test_cheap_frames_are_at_the_full_rate(mine: Path, clock: Clock) -> None:
    budget = Budget(1.0, mine, clock)
    assert budget.frame_rate == FRAME_RATE
    spend(budget, 0.008, 0.009)
    assert budget.frame_rate == FRAME_RATE
    assert not budget.is_too_slow


def test_frames_cost_no_more_than_the_cores(mine: Path, clock: Clock) -> None:
    budget = Budget(0.25, mine, clock)
    spend(budget, 0.01, 0.011, SETTLED - 1)
    assert budget.frame_rate == FRAME_RATE  # the first frames may have cost more than usual
    spend(budget, 0.01, 0.011, 1)
    assert budget.frame_rate == pytest.approx(25)


def test_there_are_five_frames_a_second_at_least(mine: Path, clock: Clock) -> None:
    budget = Budget(0.01, mine, clock)
    spend(budget, 0.01, 0.011)
    assert budget.frame_rate == 5


def test_frames_that_are_too_slow(mine: Path, clock: Clock) -> None:
    budget = Budget(8.0, mine, clock)
    spend(budget, 0.01, 0.11, SETTLED - 1)
    assert not budget.is_too_slow
    spend(budget, 0.01, 0.11, 1)
    assert budget.is_too_slow
    budget.begin()  # again, which may be on a calmer machine
    assert not budget.is_too_slow
    spend(budget, 0.01, 0.09)
    assert not budget.is_too_slow


def test_one_slow_frame_does_not_matter(mine: Path, clock: Clock) -> None:
    budget = Budget(0.5, mine, clock)
    spend(budget, 0.008, 0.09)
    budget.spent(0.011, 0.15)
    assert budget.frame_rate == FRAME_RATE
    assert not budget.is_too_slow


def test_desktops_that_show_video_share_the_cores(mine: Path, tmp_path: Path, clock: Clock) -> None:
    budget = Budget(0.4, mine, clock)
    budget.begin()
    spend(budget, 0.01, 0.011)
    assert budget.frame_rate == pytest.approx(40)

    other = Budget(0.4, folder(tmp_path, "other"), clock)
    folder(tmp_path, "third")  # shows no video
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / VIDEO_ACTIVE).touch()  # no desktop's
    other.begin()
    budget.spent(0.01, 0.011)
    assert budget.frame_rate == pytest.approx(40)  # counted once per second
    clock.now += 1
    budget.spent(0.01, 0.011)
    assert budget.frame_rate == pytest.approx(20)

    other.end()
    clock.now += 1
    budget.spent(0.01, 0.011)
    assert budget.frame_rate == pytest.approx(40)


def test_only_this_user_sees_that_video_is_shown(mine: Path, clock: Clock) -> None:
    budget = Budget(1.0, mine, clock)
    budget.end()  # without a beginning
    budget.begin()
    assert stat.S_IMODE((mine / VIDEO_ACTIVE).stat().st_mode) == 0o600
    budget.begin()
    budget.end()
    assert not (mine / VIDEO_ACTIVE).exists()
