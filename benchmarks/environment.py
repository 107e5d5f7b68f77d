"""Virtual environments for the compared products."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

VNC = "jupyter-remote-desktop-proxy==3.0.1"
SELKIES = "selkies[jupyter]==2.1.0"
XPRA = "jupyter-xprahtml5-proxy==0.3.5"
_FOLDER = Path(__file__).parent.parent / "build" / "bench"
_COMMON = (
    "ipykernel",
    "jupyter-server",
    "jupyter-server-proxy",
    "jupyterlab",
    "tornado",
    "websockify",
)


class Environment:
    """A virtual environment with one competitor, created when it is first needed.

    Shared dependencies (Jupyter, its proxy, websockify) have the versions of our own environment.
    """

    def __init__(self, competitor: str) -> None:
        # Jupyter takes the path of its configuration for a pattern, so without brackets.
        folder = _FOLDER / competitor.replace("[", "-").replace("]", "")
        self.python = folder / "bin" / "python"
        requirements = [competitor, *map(_ours, _COMMON)]
        installed = folder / "installed"
        wanted = "\n".join([sys.version, *requirements])
        if installed.exists() and installed.read_text() == wanted:
            return
        print(f"Installing {competitor} in {folder} …", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        installed.write_text(wanted)


def _ours(package: str) -> str:
    return f"{package}=={version(package)}"
