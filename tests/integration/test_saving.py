"""However a desktop ends, its programs are asked to save first, while X and D-Bus still run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.clients import TEXT
from tests.integration.test_xstartup import autostart, xfce_logs_out
from tests.integration.viewing import open_socket
from tests.servers import JupyterServer, until

PROGRAM = f"/usr/bin/python3 {Path(__file__).with_name('saving_program.py')}"

BROWSER = """#!/bin/sh
"{chromium}" --no-sandbox --disable-gpu --no-first-run --user-data-dir="$HOME/browser" about:blank &
exec openbox --sm-disable
"""


def stop(server: JupyterServer) -> None:
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204
    assert server.session()["reason"] == "It was stopped."


def log_out(server: JupyterServer) -> None:
    xfce_logs_out(of_a_program(server))
    assert "logged out" in server.wait_for("stopped")["reason"]


# SIGTERM is also sent by cullers and hubs.
ENDS: Mapping[str, Callable[[JupyterServer], None]] = {
    "Stop": stop,
    "log out": log_out,
    "SIGTERM": lambda server: server.signal(signal.SIGTERM),
    "SIGKILL": lambda server: server.signal(signal.SIGKILL),
}


def of_a_program(server: JupyterServer) -> dict[str, str]:
    """Return the environment of the program "inside"."""
    environment: dict[str, str] = server.process_of("saving_program", "/inside").environ()
    return environment


@contextmanager
def started_elsewhere(server: JupyterServer) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program as from a terminal of Jupyter, outside the session; its file is "outside"."""
    inside = of_a_program(server)
    where = {name: inside[name] for name in ("DISPLAY", "XAUTHORITY")}
    command = [*PROGRAM.split(), str(server.home / "outside")]
    with subprocess.Popen(command, env={**server.environment(), **where}) as process:
        try:
            until(lambda: text(server, "outside") == "up", "its window")
            yield process
        finally:
            process.kill()


def is_over(server: JupyterServer) -> None:
    """Wait for the end of the desktop."""
    until(lambda: not server.processes("jupyter_desktop.session"), "the end of the desktop", 40)


def text(server: JupyterServer, name: str) -> str:
    file = server.home / name
    return file.read_text() if file.exists() else ""


@contextmanager
def xfce(
    backend: str = "vnc", start_script: str = "xfce", patience: int = 20, **programs: str
) -> Iterator[JupyterServer]:
    """Run an XFCE with ``programs``: file names, with further arguments.

    They have ``patience`` seconds to save.
    """

    def prepare(server: JupyterServer) -> None:
        for name, words in programs.items():
            command = f"{PROGRAM} {server.home / name} {words}"
            autostart(server.home / ".config/autostart", name, command)
        (server.home / "own").write_text("#!/bin/sh\nexec dbus-run-session -- startxfce4\n")

    options: dict[str, Any] = {"start_script": start_script, "prepare": prepare, "check": False}
    settings = (f"--DesktopApp.backend={backend}", f"--DesktopApp.stop_timeout={patience}")
    with servers.running(*settings, **options) as server:
        server.start_desktop()
        for name in programs:
            until(lambda name=name: text(server, name) == "up", f"the window of {name!r}", 45)
        yield server
        server.stop()
        server.assert_nothing_left()


@pytest.mark.parametrize(
    ("backend", "script", "how"),
    [
        ("vnc", "xfce", "log out"),
        ("vnc", "xfce", "SIGTERM"),
        ("vnc", "~/own", "Stop"),
        ("xpra", "xfce", "Stop"),
        ("xpra", "xfce", "SIGKILL"),
    ],
)
def test_programs_save_however_a_desktop_ends(backend: str, script: str, how: str) -> None:
    """Programs registered with the session manager, unregistered ones, and one from elsewhere."""
    with ExitStack() as stack:
        server = stack.enter_context(xfce(backend, script, inside="", known="--known"))
        elsewhere = stack.enter_context(started_elsewhere(server))
        ENDS[how](server)
        is_over(server)
        elsewhere.wait(20)
        states = {name: text(server, name) for name in ("inside", "known", "outside")}
        assert set(states.values()) == {"saved"}, states


def test_a_program_that_blocks_the_log_out_does_not_prevent_others_from_saving() -> None:
    """The session manager waits for it."""
    with xfce(patience=8, inside="", known="--known") as server:
        server.process_of("saving_program", "/known").suspend()
        stop(server)
        assert text(server, "inside") == "saved"


def test_a_viewer_that_connects_while_programs_save_is_informed() -> None:
    def prepare(server: JupyterServer) -> None:
        start = f'#!/bin/sh\n{PROGRAM} "$HOME/asking" --asks &\nexec openbox --sm-disable\n'
        (server.home / "start").write_text(start)

    settings = "--DesktopApp.stop_timeout=60"  # until the program is killed
    with servers.running(settings, start_script="~/start", prepare=prepare) as server:
        server.start_desktop()
        until(lambda: text(server, "asking") == "up", "its window", 45)
        stopping = threading.Thread(target=stop, args=[server], daemon=True)
        stopping.start()
        until(lambda: text(server, "asking") == "asks", "the program to be asked", 30)
        with open_socket(server, server.ticket()) as wire:
            while (told := wire.frame()).opcode != TEXT:
                pass
            assert json.loads(told.payload) == {"step": "ending"}
        server.process_of("python3", "saving_program").kill()
        stopping.join(30)
        assert not stopping.is_alive()


def test_chromium_exits_without_a_crash() -> None:
    """After a crash it shows a message at the next start."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")

    def prepare(server: JupyterServer) -> None:
        (server.home / "start").write_text(BROWSER.format(chromium=chromium))

    settings = "--DesktopApp.stop_timeout=20"  # the machine may be busy
    with servers.running(settings, start_script="~/start", prepare=prepare) as server:
        server.start_desktop()
        environment = server.process_named("openbox").environ()
        find = ["xdotool", "search", "--onlyvisible", "--class", "chromium"]

        def is_there() -> bool:
            ran = subprocess.run(find, env=environment, capture_output=True, check=False)
            return ran.returncode == 0

        until(is_there, "its window", 60)
        stop(server)
        preferences = json.loads((server.home / "browser/Default/Preferences").read_text())
        # "SessionEnded" if it was asked to end; a crash would be "Crashed".
        assert preferences["profile"]["exit_type"] in ("Normal", "SessionEnded")
