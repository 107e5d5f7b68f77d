"""A Jupyter server without desktops does not load libraries of the bridge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import JupyterServer

FOR_THE_BRIDGE = ("numpy", "websockify")

_LOADED = """
import sys
import {module}
print(*sorted(sys.modules))
"""


def loaded(module: str) -> list[str]:
    """Return the modules that are loaded after an import of ``module``."""
    command = [sys.executable, "-c", _LOADED.format(module=module)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_the_extension_does_not_import_the_bridge_s_libraries() -> None:
    modules = loaded("jupyter_desktop.app")
    assert "jupyter_desktop.web.handshake" in modules
    assert not set(FOR_THE_BRIDGE) & set(modules)


@pytest.mark.parametrize("name", FOR_THE_BRIDGE)
def test_the_bridge_imports_its_libraries(name: str) -> None:
    assert name in loaded("jupyter_desktop.bridge.bridge")


def test_a_started_server_has_no_numpy_mapped(server: JupyterServer) -> None:
    assert server.call("GET", "desktop/").status == 200
    assert server.call("GET", "desktop/api/sessions").json == {"sessions": []}
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "python" in maps
    assert "numpy" not in maps
