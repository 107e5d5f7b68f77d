"""Duration, number of desktops, and measured figures.

The usual run is short; `make soak` runs each test for ten minutes.
"""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager

import pytest

from tests import servers

SECONDS = float(os.environ.get("SOAK_SECONDS", "12"))
LONG = 300.0  # seconds from which on a run is one of `make soak`
DESKTOPS = int(os.environ.get("SOAK_DESKTOPS", "3"))

# With time for start and end of the desktops.
in_time = pytest.mark.timeout(SECONDS + 240)

figures: list[tuple[str, str]] = []


def note(what: str, figure: str) -> None:
    """Keep a figure for the table at the end."""
    figures.append((what, figure))


def running(*arguments: str) -> AbstractContextManager[servers.JupyterServer]:
    """Run a Jupyter server whose desktops are small and in motion."""
    return servers.running(
        "--DesktopApp.geometry=640x480",
        *arguments,
        start_script=servers.XSTARTUP / "moving",
        environment={"MOTION_PYTHON": sys.executable},
    )
