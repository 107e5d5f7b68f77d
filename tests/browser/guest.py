"""The desktop from inside: its programs, clipboard and size, as X clients see them."""

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
    """Prepare a home whose desktop begins with two terminals.

    One is to type into; it covers the point ``TERMINAL``. The picture of the other changes ten
    times a second, and the file ``blinks`` counts the changes.
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
        # "%" and quotes mean something to both, the entry and the shell: hence a script.
        script = server.home / f"{name}-terminal.sh"
        script.write_text(f"exec {command}\n")
        entry = _TERMINAL.format(name=name, command=f"sh {script}")
        (folder / f"{name}.desktop").write_text(entry)


# Not with one press: the end of an xterm is lost on its shell while that starts.
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
    """A desktop of ``server``, for programs that a test runs on it; ``title`` is its own."""

    def __init__(self, server: JupyterServer, session: str = "default", title: str = "") -> None:
        self.server = server
        self.session = session
        self.title = title or ("Desktop" if session == "default" else f"Desktop {session}")

    @property
    def display_server(self) -> psutil.Process:
        """The process that viewers are connected to."""
        return self._shown_by()[0]

    @property
    def x_server(self) -> psutil.Process:
        """The process that the programs on it are connected to; a VNC server is both."""
        return self.server.process_of("-displayfd", f" {self._display} ")

    @property
    def environment(self) -> dict[str, str]:
        """What the programs on it have in their environment, the session's D-Bus included."""
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
        """Return the display server and its command, once there is one: Xpra may be coming back."""
        return until(self._display_server, f"the display server of {self.title!r}")

    def _display_server(self) -> tuple[psutil.Process, list[str]] | None:
        try:
            found = [(one, one.cmdline()) for one in display_servers(self.server)]
            ours = [
                (one, words)
                for one, words in found
                if {self.title, f"--session-name={self.title}"} & set(words)
                # Xpra has a second one for those who only look.
                and "--readonly=yes" not in words
            ]
            # What it has forked has its command, until that is another program.
            return min(ours, key=lambda one: one[0].create_time(), default=None)
        except psutil.Error:
            return None  # one ended meanwhile

    def there(self, *command: str) -> dict[str, Any]:
        """Return what ``subprocess`` needs to run a program there."""
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
        """Run a program there as long as the block lasts; what it prints goes to ``output``.

        It begins when the desktop's window manager is up, which gives its windows the keys.
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

    # -- what there is to see

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
        # It stops at a window that closes meanwhile; who asks will ask again.
        return self.run("xwininfo", "-root", "-tree", check=False)

    def await_window_manager(self) -> None:
        def announced() -> bool:
            return "0x" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK", check=False)

        until(announced, "a window manager", 30)

    def await_window(self, name: str) -> None:
        """Return when a window of that name can be seen, and so has its place."""

        def viewable() -> bool:
            return "IsViewable" in self.run("xwininfo", "-name", name, check=False)

        until(viewable, f"a window called {name!r}")

    def await_focus(self, name: str) -> None:
        """Return when the window manager gives the keys to the window of that name."""
        until(lambda: self._named("getactivewindow") == name, f"{name!r} to have the focus")

    def closes(self, name: str) -> None:
        """Close the window of that name by keyboard."""
        self.await_focus(name)
        # A window manager may not have noticed yet that one is gone whose number this one has.
        self.await_keys(name)
        window = self.run("xdotool", "getwindowfocus").strip()
        self.run("sh", "-c", _CLOSE, "sh", window)

    def await_keys(self, name: str) -> None:
        """Return when the X server gives the keys to the window of that name."""
        until(lambda: self._named("getwindowfocus") == name, f"{name!r} to get the keys")

    def _named(self, asked: str) -> str:
        """Return the name of the window that xdotool finds by a command of its own."""
        return self.run("xdotool", asked, "getwindowname", check=False).strip()

    def await_click(self, file: str, click: Callable[[], None]) -> None:
        """Click into a window whose program notes its clicks in ``file``.clicks, until it has it.

        The window manager gets clicks first. Until it passes one on to the window, keys that came
        after it overtake it.
        """
        noted = self.server.home / f"{file}.clicks"

        def clicks() -> int:
            return noted.read_text().count("\n") if noted.exists() else 0

        before = clicks()
        click()
        until(lambda: clicks() > before, f"a click into the window of {file!r}")

    def active_window(self) -> str:
        """Name of the window that keys go to, as the window manager says."""
        told = self.run("xprop", "-root", "_NET_ACTIVE_WINDOW").split()[-1]
        if not told.startswith("0x") or told == "0x0":
            return ""
        named = re.search(r'"(.*)"', self.run("xprop", "-id", told, "_NET_WM_NAME", check=False))
        return named[1] if named else ""

    def file(self, name: str, seconds: float = 10) -> str:
        """Return what a file in the home holds, once it holds something."""
        path = self.server.home / name
        until(path.exists, f"the file {name}", seconds)
        until(lambda: path.stat().st_size, f"something in the file {name}", seconds)
        return path.read_text()

    def forget(self, name: str) -> None:
        """Remove what another test, or the same one before, has left in a file."""
        (self.server.home / name).unlink(missing_ok=True)

    def output(self, desktop: Desktop, command: str, name: str) -> str:
        """Type a command that prints into a file, and return what the file holds then."""
        self.forget(name)
        desktop.types(f"{command} >{name}\n")
        return self.file(name)

    # -- its clipboard

    def copy(self, text: str | bytes, selection: str = "clipboard") -> None:
        """Own a selection as a program does in which ``text`` was copied."""
        # It stays to serve the selection, and must not hold our pipe. Not xclip: while it hands a
        # long text over in pieces it is deaf to all others who ask.
        subprocess.run(
            **self.there("xsel", f"--{selection}", "--input"),
            input=text.encode() if isinstance(text, str) else text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=True,
        )

    def paste(self, selection: str = "clipboard") -> str:
        """Return a selection; nothing if its owner just lost it, and so never answers."""
        command = ("xclip", "-selection", selection, "-out", "-target", "UTF8_STRING")
        try:
            return self.run(*command, check=False, seconds=3)
        except subprocess.TimeoutExpired:
            return ""


def display_servers(server: JupyterServer) -> list[psutil.Process]:
    """Return the processes that viewers are connected to: VNC servers and Xpras."""
    return [*server.processes("-rfbunixpath"), *server.processes("--use-display=yes")]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}  # it ended meanwhile
