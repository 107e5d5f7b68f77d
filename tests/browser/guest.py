"""The desktop as its X clients see it: programs, clipboard and size."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.servers import JupyterServer, until

from .desktop import Desktop

_TERMINAL = "[Desktop Entry]\nType=Application\nName={name}\nExec={command}\n"
_BLINK = r"""n=0; while :; do n=$((n+1)); echo $n >blinks; printf '\033[?5h%s' $n; sleep 0.05; \
printf '\033[?5l\n'; sleep 0.05; done"""


def with_terminals(server: JupyterServer) -> None:
    """Prepare a home whose desktop starts two terminals.

    One, at the point ``TERMINAL``, takes text. The other one blinks ten times a second, counted in
    the file ``blinks``.
    """
    folder = server.home / ".config" / "autostart"
    folder.mkdir(parents=True)
    blink = server.home / "blink.sh"
    blink.write_text(_BLINK)
    commands = {
        "shell": "xterm -wf -T shell -geometry 80x24+60+120 "
        "-e sh -c 'touch terminal-is-up; exec bash'",
        "blink": f"xterm -wf -geometry 20x5+760+120 -T blink -e sh {blink}",
    }
    for name, command in commands.items():
        # A script, since "%" and quotes are special in entry and shell.
        script = server.home / f"{name}-terminal.sh"
        script.write_text(f"exec {command}\n")
        entry = _TERMINAL.format(name=name, command=f"sh {script}")
        (folder / f"{name}.desktop").write_text(entry)


# Several presses: an xterm whose shell is still starting may ignore the first.
_CLOSE = """
for press in 1 2 3; do
    xdotool key alt+F4
    for tenth in $(seq 50); do
        xwininfo -id "$1" >/dev/null 2>&1 || exit 0
        sleep 0.1
    done
done
exit 1
"""

TERMINAL, TITLE = (300, 300), "shell"


class Guest:
    """A desktop of ``server`` with that title, for programs of a test."""

    def __init__(self, server: JupyterServer, session: str = "default", title: str = "") -> None:
        self.server = server
        self.session = session
        self.title = title or ("Desktop" if session == "default" else f"Desktop {session}")

    @property
    def display_server(self) -> psutil.Process:
        """The process that viewers connect to."""
        return self._shown_by()[0]

    @property
    def x_server(self) -> psutil.Process:
        """The process that programs connect to; a VNC server is both."""
        return self.server.process_of("-displayfd", f" {self._display} ")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its programs, with the session's D-Bus."""
        return until(self._environment, f"programs on the desktop {self.title!r}")

    def _environment(self) -> dict[str, str] | None:
        display = self._display
        environments = [_environment(process) for process in self.server.processes()]
        return max(
            (one for one in environments if one.get("DISPLAY") == display),
            key=lambda one: ("DBUS_SESSION_BUS_ADDRESS" in one, len(one)),
            default=None,
        )

    @property
    def _display(self) -> str:
        return next(word for word in self._shown_by()[1] if word.startswith(":"))

    def _shown_by(self) -> tuple[psutil.Process, list[str]]:
        """Return display server and command line; waits for a restarting Xpra."""
        return until(self._display_server, f"the display server of {self.title!r}")

    def _display_server(self) -> tuple[psutil.Process, list[str]] | None:
        try:
            found = [(one, one.cmdline()) for one in display_servers(self.server)]
            ours = [
                (one, words)
                for one, words in found
                if {self.title, f"--session-name={self.title}"} & set(words)
                # Xpra has a second server for view-only viewers.
                and "--readonly=yes" not in words
            ]
            # A forked child has the same command line until its exec.
            return min(ours, key=lambda one: one[0].create_time(), default=None)
        except psutil.Error:
            return None  # one ended meanwhile

    def there(self, *command: str) -> dict[str, Any]:
        """Return ``subprocess`` options to run a program on the desktop."""
        return {"args": command, "env": self.environment, "cwd": self.server.home}

    def run(self, *command: str, text: str = "", check: bool = True, seconds: float = 20) -> str:
        ran = subprocess.run(
            **self.there(*command),
            input=text.encode(),
            stdout=subprocess.PIPE,
            timeout=seconds,
            check=check,
        )
        printed: str = ran.stdout.decode()
        return printed

    @contextmanager
    def running(
        self, *command: str, output: Path | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program there during the block; its output goes to ``output``.

        It starts after the window manager, which gives windows the keyboard focus.
        """
        self.await_window_manager()
        with open(output or os.devnull, "wb") as file:  # noqa: PTH123
            process = subprocess.Popen(
                **self.there(*command),
                stdout=file,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)

    # -- screen and windows

    def await_terminals(self) -> None:
        home = self.server.home
        until((home / "terminal-is-up").exists, "a terminal on the desktop", 30)
        until(lambda: self.blinks() > 0, "a terminal that blinks", 30)

    def blinks(self) -> int:
        try:
            return int((self.server.home / "blinks").read_text() or 0)
        except OSError:
            return 0

    def size(self) -> tuple[int, int]:
        """Width and height of the X screen, in pixels."""
        match = re.search(r"dimensions:\s+(\d+)x(\d+)", self.run("xdpyinfo"))
        assert match
        return int(match[1]), int(match[2])

    def windows(self) -> str:
        """Names and classes of all windows."""
        # xwininfo fails if a window closes meanwhile; callers retry.
        return self.run("xwininfo", "-root", "-tree", check=False)

    def await_window_manager(self) -> None:
        def announced() -> bool:
            return "0x" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK", check=False)

        until(announced, "a window manager", 30)

    def await_window(self, name: str) -> None:
        """Wait until a window of that name is visible, and so placed."""

        def viewable() -> bool:
            return "IsViewable" in self.run("xwininfo", "-name", name, check=False)

        until(viewable, f"a window called {name!r}")

    def await_focus(self, name: str) -> None:
        """Wait until the window manager has activated the window of that name."""
        until(lambda: self._named("getactivewindow") == name, f"{name!r} to have the focus")

    def closes(self, name: str) -> None:
        """Close the window of that name by keyboard."""
        self.await_focus(name)
        # The window's id may be that of a closed window, which the window manager still has.
        self.await_keys(name)
        window = self.run("xdotool", "getwindowfocus").strip()
        self.run("sh", "-c", _CLOSE, "sh", window)

    def await_keys(self, name: str) -> None:
        """Wait until the window of that name has X's input focus."""
        until(lambda: self._named("getwindowfocus") == name, f"{name!r} to get the keys")

    def _named(self, asked: str) -> str:
        """Return the name of the window that an xdotool command finds."""
        return self.run("xdotool", asked, "getwindowname", check=False).strip()

    def await_click(self, file: str, click: Callable[[], None]) -> None:
        """Click into a window whose program notes clicks in ``file``.clicks; wait for the note.

        The window manager gets clicks first; later keys can overtake a click that it has not passed
        on.
        """
        noted = self.server.home / f"{file}.clicks"

        def clicks() -> int:
            return noted.read_text().count("\n") if noted.exists() else 0

        before = clicks()
        click()
        until(lambda: clicks() > before, f"a click into the window of {file!r}")

    def active_window(self) -> str:
        """Name of the window manager's active window."""
        told = self.run("xprop", "-root", "_NET_ACTIVE_WINDOW").split()[-1]
        if not told.startswith("0x") or told == "0x0":
            return ""
        named = re.search(r'"(.*)"', self.run("xprop", "-id", told, "_NET_WM_NAME", check=False))
        return named[1] if named else ""

    def file(self, name: str, seconds: float = 10) -> str:
        """Return the contents of a file in the home once it is not empty."""
        path = self.server.home / name
        until(path.exists, f"the file {name}", seconds)
        until(lambda: path.stat().st_size, f"something in the file {name}", seconds)
        return path.read_text()

    def forget(self, name: str) -> None:
        """Remove a file that an earlier test may have left."""
        (self.server.home / name).unlink(missing_ok=True)

    def output(self, desktop: Desktop, command: str, name: str) -> str:
        """Type a command; return its output, through a file."""
        self.forget(name)
        desktop.types(f"{command} >{name}\n")
        return self.file(name)

    # -- its clipboard

    def copy(self, text: str | bytes, selection: str = "clipboard") -> None:
        """Own a selection with ``text``, as after a copy in a program."""
        # It stays to serve the selection, and must not hold our pipe. Not xclip: during a long
        # transfer it ignores other requests.
        subprocess.run(
            **self.there("xsel", f"--{selection}", "--input"),
            input=text.encode() if isinstance(text, str) else text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=True,
        )

    def paste(self, selection: str = "clipboard") -> str:
        """Return a selection; empty if its owner has just lost it and never answers."""
        command = ("xclip", "-selection", selection, "-out", "-target", "UTF8_STRING")
        try:
            return self.run(*command, check=False, seconds=3)
        except subprocess.TimeoutExpired:
            return ""


def display_servers(server: JupyterServer) -> list[psutil.Process]:
    """Return the processes that viewers connect to: VNC servers and Xpras."""
    return [*server.processes("-rfbunixpath"), *server.processes("--use-display=yes")]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}  # it ended meanwhile
