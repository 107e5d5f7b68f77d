"""An application's window on an X server, with several window managers or none."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.session.startscript import APPLICATION, OURS
from tests.servers import until

from .test_xstartup import path_without

GTK_WINDOW = Path(__file__).parents[1] / "browser" / "gtk_window.py"
KNOWN = ("openbox", "icewm", "xfwm4", "marco", "metacity", "matchbox-window-manager")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all programs of the system except window managers."""
    return path_without(*KNOWN, folder=tmp_path_factory.mktemp("programs") / "bin")


class Screen:
    """An X server of 900x700 and its programs."""

    def __init__(self, display: str, home: Path) -> None:
        self.home = home
        self.environment = {
            "DISPLAY": display,
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "JUPYTER_DESKTOP_RUNTIME": str(home / "run"),
        }

    @contextmanager
    def application(self, path: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run an application as a session does, with another PATH."""
        attendant = (sys.executable, "-m", "jupyter_desktop.session.attendant", "full-screen")
        script = ("/bin/sh", str(OURS / APPLICATION), "full-screen")
        process = subprocess.Popen(
            [*script, *attendant, str(self.home), *command],
            env={**self.environment, "PATH": path},
            cwd="/",
            start_new_session=True,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)

    def run(self, *command: str) -> str:
        ran = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=20, check=False
        )
        return ran.stdout

    def place(self, window: str) -> list[int]:
        """Return left, top, width and height of a visible window in X."""
        told = self.run("xwininfo", "-name", window)
        names = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
        found = [re.search(rf"{name}: +(-?\d+)", told) for name in names]
        return [int(one[1]) for one in found if one] if "IsViewable" in told else []

    def fills(self, window: str, width: int, height: int) -> None:
        wanted = [0, 0, width, height]
        until(lambda: self.place(window) == wanted, f"{window!r} on all of the screen")

    def gives_the_keys_to(self, window: str) -> None:
        """Wait until a window manager has activated the window."""
        active = ("xdotool", "getactivewindow", "getwindowname")
        until(lambda: self.run(*active).strip() == window, f"{window!r} to get the keys")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    (tmp_path / "run").mkdir(mode=0o700)
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            *("Xtigervnc", "-displayfd", str(writing), "-geometry", "900x700", "-rfbport", "-1"),
            *("-SecurityTypes", "None", "-rfbunixpath", str(tmp_path / "rfb")),
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield Screen(f":{told.readline().strip()}", tmp_path)
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize("manager", ["openbox", "xfwm4", ""])
def test_the_main_window_fills_the_screen_and_dialogs_do_not(
    screen: Screen, programs: Path, tmp_path: Path, manager: str
) -> None:
    only = tmp_path / "only"
    only.mkdir()
    if manager:
        (only / manager).symlink_to(f"/usr/bin/{manager}")
    with screen.application(f"{only}:{programs}", "/usr/bin/python3", str(GTK_WINDOW), "main"):
        screen.fills("main", 900, 700)
        screen.run("xrandr", "--size", "800x600")
        screen.fills("main", 800, 600)
        # The button is there even before GTK has resized its window from 400x250.
        screen.run("xdotool", "mousemove", "100", "45", "click", "1")
        until(lambda: screen.place("A question"), "a dialog")
        *_, width, height = screen.place("A question")
        assert (width < 500, height < 300) == (True, True)
        # It can be reached by keyboard, and the window again after it.
        screen.run("xdotool", "mousemove", "400", "300", "key", "Escape")
        until(lambda: not screen.place("A question"), "the end of the dialog")
        screen.fills("main", 800, 600)


@pytest.mark.parametrize("manager", ["openbox", "xfwm4"])
def test_the_window_fills_the_screen_after_a_late_window_manager(
    screen: Screen, programs: Path, tmp_path: Path, manager: str
) -> None:
    only = tmp_path / "only"
    only.mkdir()
    (only / manager).write_text(
        f'#!/bin/sh\nuntil [ -e {tmp_path}/go ]; do sleep 0.1; done; exec /usr/bin/{manager} "$@"\n'
    )
    (only / manager).chmod(0o755)
    with screen.application(f"{only}:{programs}", "/usr/bin/python3", str(GTK_WINDOW), "main"):
        screen.fills("main", 900, 700)
        (tmp_path / "go").touch()
        screen.gives_the_keys_to("main")
        screen.run("xrandr", "--size", "800x600")
        screen.fills("main", 800, 600)


def test_the_window_fills_the_screen_after_the_window_manager_ends(screen: Screen) -> None:
    path = screen.environment["PATH"]
    with screen.application(path, "/usr/bin/python3", str(GTK_WINDOW), "main") as application:
        screen.fills("main", 900, 700)
        screen.gives_the_keys_to("main")
        running = (one for one in psutil.process_iter(["name"]) if one.info["name"] == "openbox")
        (openbox,) = (one for one in running if os.getsid(one.pid) == application.pid)
        openbox.kill()
        openbox.wait(5)
        screen.run("xrandr", "--size", "800x600")
        screen.fills("main", 800, 600)


def test_the_next_main_window_fills_the_screen_too(screen: Screen) -> None:
    second = "xterm -T first -e sleep 1; xterm -T second"
    with screen.application(screen.environment["PATH"], "sh", "-c", second):
        screen.fills("first", 900, 700)
        screen.fills("second", 900, 700)


OTHERS = """import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk
fixed = Gtk.Window(title="fixed", resizable=False)
fixed.show()
Gtk.Window(title="dialog", type_hint=Gdk.WindowTypeHint.DIALOG).show()
Gtk.Window(title="transient", transient_for=fixed).show()
Gtk.Window(title="main").show()
Gtk.main()"""


def test_only_a_main_window_fills_the_screen(screen: Screen) -> None:
    with screen.application(screen.environment["PATH"], "/usr/bin/python3", "-c", OTHERS):
        screen.fills("main", 900, 700)
        for other in ("fixed", "dialog", "transient"):
            *_, width, height = screen.place(other)
            assert (width < 900, height < 700) == (True, True), other
