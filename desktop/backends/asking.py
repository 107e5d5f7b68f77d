"""Runs programs of the system to identify them: once for each question."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..system import libraries, timed_run

TIMEOUT = 10.0  # seconds
_SHOWN = 200  # characters of a program's output, in messages


@dataclass(frozen=True)
class Answer:
    """Output of a program and its exit status: negative for a signal, None after a timeout.

    ``timeout`` is in seconds. ``misfit`` is the reason if it was run without the user's libraries.
    """

    output: str
    errors: str
    status: int | None
    timeout: float
    misfit: libraries.Misfit | None = None

    @property
    def text(self) -> str:
        """Standard output and standard error."""
        return self.output + self.errors

    def __str__(self) -> str:
        """Return a summary for messages."""
        text = " ".join(self.text.split())[:_SHOWN]
        printed = f"it printed {text!r}" if text else "it printed nothing"
        if self.status is None:
            return f"{printed} and did not end within {self.timeout:g} seconds"
        ended = f"signal {-self.status}" if self.status < 0 else f"status {self.status}"
        return f"{printed} and ended with {ended}"


def ask(
    *command: str, environment: Mapping[str, str] | None = None, timeout: float = TIMEOUT
) -> Answer:
    """Run ``command`` with ``environment`` added to ours; raises ``OSError`` if it cannot be run.

    If a library of the user's environment does not fit, run it once more without these libraries.
    """
    whole = {**os.environ, **(environment or {})}
    answer = Answer(*timed_run.run(command, whole, timeout), timeout)
    said = libraries.complaint(answer.text) if answer.status else ""
    if said and libraries.are_set(whole):
        again = Answer(*timed_run.run(command, {**whole, **libraries.NONE}, timeout), timeout)
        if not (again.status and libraries.complaint(again.text)):
            return replace(again, misfit=libraries.misfit(command[0], whole, said))
    return answer
