"""The activity that counts as use of a desktop."""

from __future__ import annotations

import time

import pytest

from jupyter_desktop.desktops.activity import ACTIVITIES, Use, isoformat


def is_used(use: Use) -> bool:
    """Return whether it is in use now; then its last use is always now."""
    before = use.last
    time.sleep(0.001)
    return use.last > before


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("viewed", [True, False])
@pytest.mark.parametrize("active", [True, False])
def test_a_running_desktop_is_in_use_according_to_its_activity_setting(
    active: bool, viewed: bool, running: bool
) -> None:
    used = {}
    for activity in ACTIVITIES:
        use = Use(activity)
        use.note_input(active)
        use.update(starting=False, running=running, viewed=viewed)
        used[activity] = is_used(use)
    assert used == {
        "input": running and viewed and active,
        "connected": running and viewed,
        "always": running,
    }


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_a_start_counts_as_use(activity: str) -> None:
    use = Use(activity)
    use.update(starting=True, running=False, viewed=False)
    assert is_used(use)


def test_the_end_of_the_last_use_is_kept() -> None:
    use = Use("connected")
    use.update(starting=False, running=True, viewed=True)
    during = use.last
    use.update(starting=False, running=True, viewed=False)
    after = use.last
    assert after >= during
    use.update(starting=False, running=True, viewed=False)
    assert use.last == after


def test_times_are_in_utc_as_jupyter_writes_them() -> None:
    assert isoformat(Use("input").last).endswith("Z")
