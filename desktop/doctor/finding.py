"""The finding of a check."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import DesktopError


class Severity(str, Enum):
    """The severity of a finding: with a problem, no desktop would start."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    ``topic`` is its stable name, ``found`` a text for users, ``remedy`` and ``command`` what to do,
    ``log`` the last lines of a program's output, and ``facts`` the values for programs.
    """

    topic: str
    state: Severity
    found: str
    remedy: str | None = None
    command: str | None = None
    log: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it in the format of ``--json``."""
        return {**vars(self), "state": self.state.value, "log": list(self.log)}


def ok(topic: str, found: str, **facts: Any) -> Finding:
    """Return a finding without a problem."""
    return Finding(topic, Severity.OK, found, facts=facts)


def note(
    topic: str, found: str, remedy: str | None = None, command: str | None = None, **facts: Any
) -> Finding:
    """Return a finding that may be relevant; a desktop would start nevertheless."""
    return Finding(topic, Severity.NOTE, found, remedy, command, facts=facts)


def problem(
    topic: str, found: str, remedy: str | None = None, command: str | None = None, **facts: Any
) -> Finding:
    """Return a finding that prevents the start of a desktop."""
    return Finding(topic, Severity.PROBLEM, found, remedy, command, facts=facts)


def of_error(topic: str, error: DesktopError, state: Severity = Severity.PROBLEM) -> Finding:
    """Return the finding for ``error``."""
    facts = {"reason": error.reason}
    return Finding(topic, state, error.message, error.remedy, error.command, facts=facts)
