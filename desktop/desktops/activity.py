"""What counts as use of a desktop, and when Jupyter and its hub get to know of it.

Both end idle servers. Jupyter does so by ``ServerApp.shutdown_no_activity_timeout``;
the single-user server of a hub reports to it when it was last active.
"""

from __future__ import annotations

from datetime import datetime, timezone

INPUT, CONNECTED, ALWAYS = ACTIVITIES = ("input", "connected", "always")


class Use:
    """Whether a desktop is in use, and when it was last.

    ``activity`` says what counts: users' input, a connected viewer, or that the desktop runs.
    """

    def __init__(self, activity: str) -> None:
        self._activity = activity
        self._input = False
        self._now = False
        self._last = _utcnow()

    @property
    def last(self) -> datetime:
        """When it was last in use; now, if it is."""
        return _utcnow() if self._now else self._last

    def note_input(self, active: bool) -> None:
        """Remember whether the X server gets input."""
        self._input = active

    def update(self, *, starting: bool, running: bool, viewed: bool) -> None:
        """Take in how the desktop is now."""
        # Without a viewer, what looks like input comes from a program.
        counts = {INPUT: viewed and self._input, CONNECTED: viewed, ALWAYS: True}
        before, self._now = self._now, starting or (running and counts[self._activity])
        if before or self._now:
            self._last = _utcnow()


def isoformat(when: datetime) -> str:
    """Return ``when``, which is in UTC, as Jupyter's API has it (ISO 8601)."""
    return when.isoformat().replace("+00:00", "Z")


def _utcnow() -> datetime:
    return datetime.now(timezone.utc)
