"""Prints the figures of all soak tests in one table."""

from __future__ import annotations

import pytest

from . import settings


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if settings.figures:
        terminalreporter.section(f"{settings.SECONDS:g} s each")
    for what, figure in settings.figures:
        terminalreporter.write_line(f"| {what} | {figure} |")
