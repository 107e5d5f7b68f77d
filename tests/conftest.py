"""Fixtures of all tests. Servers are in ``servers``, viewers in ``clients``."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import programs, servers

# On a busy machine any example may be slow.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Run fixtures' clean-up at SIGINT and SIGTERM; let child processes receive SIGINT.

    Background processes of a shell inherit an ignored SIGINT (sh(1), "Asynchronous lists"). At
    SIGTERM, which timeout(1) sends, Python would exit before fixtures end their servers.
    """
    config.addinivalue_line("markers", "needs(program): see ``tests.programs.require``")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


# If set, as by .ci/run, a skipped test fails.
REQUIRE_ALL = "REQUIRE_ALL"

# Exceptions: settings that only the machine's administrator can change, and packages that the
# distribution does not have.
MAY_BE_SKIPPED = ("Skipped: core dumps ", f"Skipped: {programs.NOT_IN_DISTRIBUTION}")


# A browser or a hub on a busy machine may be late: a test that fails there is run once more.
RUN_AGAIN = ("browser", "engines", "deployment", "soak/test_page.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = [Path(__file__).parent / name for name in RUN_AGAIN]
    for item in items:
        if any(item.path.is_relative_to(place) for place in places):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        programs.require(*mark.args)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Turn a skipped test into a failed one, with the reason."""
    outcome: Any = yield
    report = outcome.get_result()
    if REQUIRE_ALL in os.environ and report.skipped and isinstance(report.longrepr, tuple):
        file, line, reason = report.longrepr
        if not reason.startswith(MAY_BE_SKIPPED):
            report.outcome = "failed"
            report.longrepr = f"{file}:{line}: {reason} (not allowed where {REQUIRE_ALL} is set)"


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    """A Jupyter server for the tests of one module, with its usual settings."""
    with servers.running() as started:
        yield started


@pytest.fixture
def jupyter() -> Iterator[Callable[..., servers.JupyterServer]]:
    """Starts Jupyter servers for one test; takes the parameters of ``servers.running``."""
    with ExitStack() as stack:

        def start(*arguments: Any, **options: Any) -> servers.JupyterServer:
            return stack.enter_context(servers.running(*arguments, **options))

        yield start
