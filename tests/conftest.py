"""What all tests share. Servers are in ``servers``, viewers in ``clients``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests import servers


def pytest_configure() -> None:
    """Have what tests start heed SIGINT, also where a shell runs them in the background.

    It ignores that signal there, and so would whatever inherits that (sh(1), "Asynchronous lists").
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
