"""Programs with $DISPLAY and $XAUTHORITY of a desktop are let in, however they read the cookie."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLIENTS = {
    "libX11": ["xdpyinfo"],
    "libxcb": [sys.executable, "-c", "import xcffib.xproto; xcffib.connect()"],
    # The library of pyautogui and pynput. It reads the file itself.
    "python-xlib": [sys.executable, "-c", "from Xlib.display import Display; Display()"],
}


@pytest.mark.parametrize("backend", ["vnc", "xpra"])
def test_every_library_is_let_in(server, backend):
    server.start_desktop(backend, backend=backend)
    environment = server.processes("openbox", "--sm-disable")[-1].environ()
    for name, command in CLIENTS.items():
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=30
        )
        assert ran.returncode == 0, f"{name}: {ran.stderr}"
    assert server.call("DELETE", f"desktop/api/sessions/{backend}").status == 204
