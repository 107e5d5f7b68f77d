"""The whole products that are compared: a Jupyter server with a desktop to look at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import Environment
from servers import JupyterServer, wait_until

_XCLIENTS = Path(__file__).parent / "xclients"


class Product(JupyterServer):
    """One of them, with a desktop at `/desktop/` that starts when its page is opened."""

    @contextmanager
    def x_client(self, name: str) -> Iterator[None]:
        """Run one of our X programs on the desktop."""
        desktop = wait_until(lambda: self.environment_of("xfwm4"))
        display = {key: desktop[key] for key in ("DISPLAY", "HOME")}
        authority = desktop.get("XAUTHORITY", f"{desktop['HOME']}/.Xauthority")
        program = subprocess.Popen(
            [sys.executable, str(_XCLIENTS / f"{name}.py")],
            env={**os.environ, **display, "XAUTHORITY": authority},
            stdout=subprocess.PIPE,
        )
        with program:
            try:
                assert program.stdout
                if not program.stdout.readline():
                    raise RuntimeError(f"{name} did not start")
                yield
            finally:
                program.kill()


def ours(folder: Path) -> Product:
    """Start our own product."""
    return Product(Path(sys.executable), folder)


def theirs(environment: Environment, folder: Path) -> Product:
    """Start jupyter-remote-desktop-proxy."""
    return Product(environment.python, folder)
