"""The compared products: each a Jupyter server with a desktop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import Environment
from servers import JupyterServer, wait_until

_XCLIENTS = Path(__file__).parent / "xclients"


class Product(JupyterServer):
    """A product with a desktop at ``page`` that starts when its page is opened."""

    page = "/desktop/"
    program = "xfwm4"
    """A program that runs on the desktop from the start."""
    seamless = False
    """Whether each window has a separate canvas, instead of one for the whole screen."""

    @contextmanager
    def x_client(self, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run one of our X programs on the desktop."""
        desktop = wait_until(lambda: self.environment_of(self.program))
        display = {key: desktop[key] for key in ("DISPLAY", "HOME")}
        authority = desktop.get("XAUTHORITY", f"{desktop['HOME']}/.Xauthority")
        program = subprocess.Popen(
            [sys.executable, str(_XCLIENTS / f"{name}.py"), *arguments],
            env={**os.environ, **display, "XAUTHORITY": authority},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with program:
            try:
                assert program.stdout
                if not program.stdout.readline():
                    raise RuntimeError(f"{name} did not start")
                yield program
            finally:
                program.kill()


def ours(folder: Path) -> Product:
    """Start our own product."""
    return Product(Path(sys.executable), folder)


class XpraHtml5(Product):
    """jupyter-xprahtml5-proxy, its Xpra limited to loopback instead of all networks."""

    program = "xterm"
    seamless = True

    def __init__(self, python: Path, folder: Path) -> None:
        xpra = shutil.which("xpra")
        if xpra is None:
            raise RuntimeError("Xpra is not installed.")
        # First on its PATH.
        wrapper = python.parent / "xpra"
        wrapper.write_text(_ON_LOOPBACK.format(python=sys.executable, xpra=xpra))
        wrapper.chmod(0o755)
        super().__init__(python, folder)
        # This path contains the password and the key.
        (entry,) = self.call("GET", "/server-proxy/servers-info")["server_processes"]
        self.page = "/" + entry["launcher_entry"]["path_info"]


_ON_LOOPBACK = """#!{python}
import os, sys
os.execv({xpra!r}, [word.replace("=0.0.0.0:", "=127.0.0.1:") for word in sys.argv])
"""


def ours_with_xpra(folder: Path) -> Product:
    """Start our own product with Xpra."""
    return Product(Path(sys.executable), folder, 'c.DesktopApp.backend = "xpra"')


def ours_without_video(folder: Path) -> Product:
    """Start our own product without video."""
    return Product(Path(sys.executable), folder, 'c.DesktopApp.video = "off"')


class Selkies(Product):
    """Selkies in Jupyter, as it registers itself there."""

    page = "/selkies/"


def selkies(environment: Environment, folder: Path) -> Product:
    """Start Selkies."""
    return Selkies(environment.python, folder)


def theirs(environment: Environment, folder: Path) -> Product:
    """Start jupyter-remote-desktop-proxy."""
    return Product(environment.python, folder)
