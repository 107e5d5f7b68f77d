"""An X server for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import x_server
from .x_server import XServer


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    """An X server with a screen of ``x_server.WIDTH`` x ``x_server.HEIGHT``."""
    with x_server.running() as server:
        yield server
