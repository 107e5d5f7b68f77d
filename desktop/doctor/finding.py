"""The finding of a check."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import DesktopError


class Severity(str, Enum):
    """How much a finding matters: with a problem, no desktop would start."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    ``topic`` is its stable name, ``found`` a sentence or less for people, ``remedy`` and
    ``command`` what to do about it, ``log`` the last lines that a program printed, and ``facts``
    the same for programs.
    """

    topic: str
    state: Severity
    found: str
    remedy: str | None = None
    command: str | None = None
    log: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return {**vars(self), "state": self.state.value, "log": list(self.log)}


def ok(topic: str, found: str, **facts: Any) -> Finding:
    """Return that something is as it should be."""
    return Finding(topic, Severity.OK, found, facts=facts)


def note(
    topic: str, found: str, remedy: str | None = None, command: str | None = None, **facts: Any
) -> Finding:
    """Return something that may matter; a desktop would start all the same."""
    return Finding(topic, Severity.NOTE, found, remedy, command, facts=facts)


def problem(
    topic: str, found: str, remedy: str | None = None, command: str | None = None, **facts: Any
) -> Finding:
    """Return why no desktop would start."""
    return Finding(topic, Severity.PROBLEM, found, remedy, command, facts=facts)


def of_error(topic: str, error: DesktopError, state: Severity = Severity.PROBLEM) -> Finding:
    """Return what ``error`` says."""
    facts = {"reason": error.reason}
    return Finding(topic, state, error.message, error.remedy, error.command, facts=facts)
