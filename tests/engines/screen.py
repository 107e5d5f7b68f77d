"""The user's computer: screen, window manager, keyboard, mouse and clipboard.

It is an X server, so a browser has a real window, gets real key and mouse events, and shares its
clipboard with other programs.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import until

WIDTH, HEIGHT = 1400, 900

# Key codes of X (evdev's plus 8), named after an American keyboard.
_ROWS = {
    10: "1234567890-=",
    24: "qwertyuiop[]",
    38: "asdfghjkl;'`",
    51: "\\zxcvbnm,./",
}
_KEYS = {
    **{key: first + at for first, row in _ROWS.items() for at, key in enumerate(row)},
    **{"Ctrl": 37, "Shift": 50, "Alt": 64, "AltGr": 108},
    **{
        "Space": 65,
        "Enter": 36,
        "Insert": 118,
        "Delete": 119,
        "Home": 110,
        "End": 115,
        "Escape": "Escape",
    },
}


class Screen:
    """An X display for one browser; positions are in its pixels.

    ``environment`` is for programs on it.
    """

    def __init__(self, display: str, home: Path) -> None:
        inherited = {
            name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
        }
        self.environment = {
            **inherited,
            "DISPLAY": display,
            "HOME": str(home),
            "TMPDIR": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "LANG": "C.UTF-8",
            # Otherwise GTK starts a D-Bus with services that outlive the browser.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
            "GIO_USE_VFS": "local",
        }

    def run(self, *command: str, text: str | None = None) -> str:
        """Return what a program prints."""
        ran = subprocess.run(
            command,
            env=self.environment,
            input=text,
            stdout=subprocess.PIPE,
            timeout=30,
            check=True,
            text=True,
        )
        return ran.stdout

    # -- keyboard

    def layout(self, name: str, variant: str = "") -> None:
        self.run("setxkbmap", "-layout", name, "-variant", variant)
        # A key of every keyboard comes first: TigerVNC 1.12 loses a new character as first key.
        self.presses("Shift")

    def presses(self, chords: str) -> None:
        """Press keys, like "a Shift+a Ctrl+v"; the layout determines the characters."""
        codes = ["+".join(str(_KEYS[key]) for key in chord.split("+")) for chord in chords.split()]
        self.run("xdotool", "key", *codes)

    # -- mouse

    def points(self, at: tuple[int, int]) -> None:
        self.run("xdotool", "mousemove", *map(str, at))

    def clicks(self, at: tuple[int, int], button: int = 1) -> None:
        self.points(at)
        self.run("xdotool", "click", str(button))

    def drags(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.points(start)
        self.run("xdotool", "mousedown", "1")
        half = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        for point in (half, end):
            self.points(point)
        self.run("xdotool", "mouseup", "1")

    # -- clipboard

    def copy(self, text: str, selection: str = "clipboard") -> None:
        """Own a selection with ``text``, as after a copy in a program."""
        # It stays to serve the selection, and must not hold our pipe.
        subprocess.run(
            ["xsel", f"--{selection}", "--input"],
            env=self.environment,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=True,
        )
        until(lambda: self.paste(selection) == text, f"{text!r} on the user's clipboard")

    def paste(self, selection: str = "clipboard") -> str:
        """Return a selection; empty without an owner or an answer."""
        command = ["xclip", "-selection", selection, "-out", "-target", "UTF8_STRING"]
        try:
            ran = subprocess.run(
                command,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=3,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        return ran.stdout.decode()

    # -- windows

    def window(self) -> str:
        """Return the id of the active window."""
        told = self.run("xprop", "-root", "_NET_ACTIVE_WINDOW").partition("#")[2]
        return str(int(told.split(",")[0], 16))

    def middle(self) -> tuple[int, int]:
        """Return the middle of that window, up to the few pixels of its frame."""
        told = self.run("xdotool", "getwindowgeometry", "--shell", self.window())
        x, y, width, height = (
            int(told.split(f"{name}=")[1].split()[0]) for name in ("X", "Y", "WIDTH", "HEIGHT")
        )
        return x + width // 2, y + height // 2

    def resizes(self, window: str, size: tuple[int, int]) -> None:
        self.run("xdotool", "windowsize", window, *map(str, size))

    def minimises(self, window: str) -> None:
        self.run("xdotool", "windowminimize", window)
        until(lambda: self.window() != window, "a minimised window")

    def activates(self, window: str) -> None:
        """Show a window, in front and active."""

        self.run("xdotool", "windowactivate", window)
        until(lambda: self.window() == window, "an active window", 30)
        # It may be active before it is visible; a click would miss it.
        until(lambda: self._over_a_window(self.middle()), "a window under the mouse", 30)

    def _over_a_window(self, at: tuple[int, int]) -> bool:
        """Move the mouse there; return whether it is over a window."""
        self.points(at)
        told = self.run("xdotool", "getmouselocation").split("window:")[1]
        root = self.run("xwininfo", "-root", "-int").split("Window id: ")[1]
        return told.split()[0] != root.split()[0]

    @contextmanager
    def another_window(self) -> Iterator[None]:
        """Show another active window during the block."""
        before = self.window()
        command = ["xmessage", "-title", "another", "Another window"]
        with running_program(command, self, Path(os.devnull)):
            until(lambda: self.window() != before, "another window")
            yield
        until(lambda: self.window() == before, "the window before")

    def picture(self, file: Path) -> None:
        """Save a picture of the screen."""
        self.run("/usr/bin/python3", "-c", _PICTURE, str(file))


_PICTURE = """import sys, gi
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk
root = Gdk.get_default_root_window()
whole = Gdk.pixbuf_get_from_window(root, 0, 0, root.get_width(), root.get_height())
whole.savev(sys.argv[1], "png", [], [])
"""


@contextmanager
def running_screen(home: Path) -> Iterator[Screen]:
    """Run a screen; ``home`` is its programs' home."""
    with ExitStack() as stack:
        display = stack.enter_context(_x_server(home))
        screen = Screen(display, home)
        # Otherwise a key with a late release repeats on a busy machine.
        screen.run("xset", "r", "off")
        stack.enter_context(
            running_program(["openbox", "--sm-disable"], screen, home / "openbox.log")
        )
        until(lambda: "0x" in screen.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"), "openbox")
        yield screen


@contextmanager
def _x_server(home: Path) -> Iterator[str]:
    """Run an X server; yields its display, like ":7"."""
    number, told = os.pipe()
    command = ["Xvfb", "-displayfd", str(told), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    with (home / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "-nolisten", "tcp", "-noreset"], pass_fds=[told], stdout=log, stderr=log
        )
    os.close(told)
    try:
        with os.fdopen(number) as answer:
            display = answer.readline().strip()
        assert display, f"Xvfb did not start: {(home / 'xvfb.log').read_text()}"
        yield f":{display}"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def running_program(
    command: list[str], screen: Screen, log: Path, **environment: str
) -> Iterator[None]:
    """Run a program during the block; afterwards end it and its children."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env={**screen.environment, **environment},
            cwd=screen.environment["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
