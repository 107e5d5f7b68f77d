"""Log lines and metrics of the starts and ends of one desktop."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from ..system import foreign_text
from . import metrics

_LAST_LINES = 20  # lines of a failed desktop's log


class Record:
    """Logs and counts the state changes of a desktop; starts and their outcomes as INFO."""

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._state = "stopped"  # the last state, a value of ``Phase``
        self._began = 0.0  # monotonic time of the last start

    def changed(self, state: str, detail: str) -> None:
        """Record that it is in ``state``; ``detail`` is the step, or the reason of its end."""
        before, self._state = self._state, state
        if state == before:
            self._log.debug("Desktop %r: %s (%s)", self._name, state, foreign_text.line(detail))
            return
        metrics.RUNNING.inc((state == "running") - (before == "running"))
        match state:
            case "starting":
                self._began = time.monotonic()
                self._log.info("Desktop %r is starting.", self._name)
            case "running":
                seconds = time.monotonic() - self._began
                metrics.START_SECONDS.observe(seconds)
                self._log.info("Desktop %r runs; its start took %.1f s.", self._name, seconds)
            case "stopped":
                reason = foreign_text.line(detail)
                self._log.info("Desktop %r has ended: %s", self._name, reason)

    def failed(self, message: str, log: Sequence[str]) -> None:
        """Record that it failed, with the last lines of its own ``log``."""
        self.changed("failed", message)
        self._log.error("Desktop %r failed: %s", self._name, foreign_text.line(message))
        self._log.error("Its log ends with:\n%s", foreign_text.lines(log[-_LAST_LINES:]))
