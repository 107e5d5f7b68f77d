"""Programs with $DISPLAY and $XAUTHORITY of a desktop can connect, whichever library they use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers import JupyterServer

CLIENTS = {
    "libX11": ["xdpyinfo"],
    "libxcb": [sys.executable, "-c", "import xcffib.xproto; xcffib.connect()"],
    # The library of pyautogui and pynput, which reads the file itself.
    "python-xlib": [sys.executable, "-c", "from Xlib.display import Display; Display()"],
}
# A window of AWT. Java compiles a program of one file as it starts it, with no JDK (JEP 330).
JAVA_WINDOW = Path(__file__).with_name("Window.java")


@pytest.fixture(scope="module", params=["vnc", "xpra"])
def environment(server: JupyterServer, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of the programs on a desktop."""
    name = request.param
    server.start_desktop(name, backend=name)
    yield server.process_named("openbox").environ()
    assert server.call("DELETE", f"desktop/api/sessions/{name}").status == 204


@pytest.mark.parametrize("library", CLIENTS)
def test_every_library_finds_the_cookie(environment: dict[str, str], library: str) -> None:
    is_let_in(CLIENTS[library], environment)


@pytest.mark.needs("java")
def test_java_finds_the_cookie(environment: dict[str, str]) -> None:
    # Otherwise Java writes into the user's home and /tmp.
    elsewhere = (f"-Duser.home={environment['HOME']}", "-XX:-UsePerfData")
    is_let_in(["java", *elsewhere, JAVA_WINDOW], environment)


def is_let_in(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
