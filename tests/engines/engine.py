"""The interface of a browser under test, and its abilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from .screen import Screen

# For browsers that do not report violations by themselves.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
  console.error(`CSP violation: ${effectiveDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""


@dataclass(frozen=True)
class Abilities:
    """Differences between browsers that the page cannot change."""

    locks_keyboard: bool
    """In full screen, a page may have Escape, Alt+Tab and the like."""

    reads_clipboard: bool
    """A page may read the clipboard at any time, once the user has allowed it."""

    writes_clipboard: bool
    """A page may write it at any time; otherwise only just after a key or click."""

    complaints: tuple[str, ...] = ()
    """Regular expressions of its messages about features for other browsers."""


class Engine(ABC):
    """A browser with one window; remote control is used only to inspect the page.

    ``problems`` are the page's console errors, uncaught exceptions, and violations of its
    Content-Security-Policy.
    """

    abilities: ClassVar[Abilities]

    def __init__(self) -> None:
        self.problems: list[str] = []

    @classmethod
    @abstractmethod
    def require(cls) -> None:
        """Skip or fail the test if it is not installed (``tests.programs``)."""

    @classmethod
    @abstractmethod
    def running(cls, screen: Screen, home: Path) -> AbstractContextManager[Engine]:
        """Run it, with its window on ``screen``; ``home`` is an empty folder for its profile."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Load a page in the window."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; it must be JSON-serialisable."""
