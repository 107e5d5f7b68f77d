"""The browser for desktops of Debian systems."""

from __future__ import annotations

from tests.browser import conftest

# The browser and its visitors.
chromium, visit, visitor = conftest.chromium, conftest.visit, conftest.visitor
pytest_runtest_makereport = conftest.pytest_runtest_makereport
