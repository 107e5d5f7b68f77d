"""Runs one application until it ends: ``python -m jupyter_desktop.session.attendant``.

The arguments are ``MODE FOLDER COMMAND…``.

The attendant runs the command in ``FOLDER`` and exits with its status once the application has
ended. The end of the command is not enough: many launchers return at once and leave their program
in the background, or let a D-Bus service open the window. With MODE "full-screen" the
application's window fills the screen.

$JUPYTER_DESKTOP_ENVIRONMENT holds, as JSON, the variables added to the application's environment,
which the start script and the window manager do not see.
"""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time

import xcffib

from .processes.keeper import adopt_orphans
from .x11.connection import XConnection
from .x11.names import ENVIRONMENT
from .x11.windows import ClientWindows

_FULL_SCREEN = "full-screen"

# Seconds to wait for the next window after the last one (a splash screen) has closed, and, after
# the command has ended, for the first window of a D-Bus service.
_NEXT_WINDOW_TIMEOUT, _SERVICE_TIMEOUT = 5.0, 15.0
_CANNOT_RUN = 126  # a shell's exit status (sh(1))


class Attendant:
    """Runs a command until its processes and windows are gone."""

    def __init__(self, windows: ClientWindows, display: int) -> None:
        self._windows = windows
        self._display = display  # the file descriptor of the X connection
        self._status: int | None = None  # of the command
        self._alone = False  # the command's processes are all gone
        self._last_window = time.monotonic()  # when a window was last open, or the command ended

    def run(self, command: list[str], folder: str) -> int:
        """Return the command's exit status once the application has ended."""
        adopt_orphans()
        woken, waking = os.pipe()
        for end in (woken, waking):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(waking)
        environment = {**os.environ, **json.loads(os.environ.pop(ENVIRONMENT, "{}"))}
        environment.pop(ENVIRONMENT, None)
        print(f"Running {shlex.join(command)}", flush=True)
        process = subprocess.Popen(command, cwd=folder, env=environment)
        while not self._is_over():
            waiting = None if self._status is None else _NEXT_WINDOW_TIMEOUT / 10
            readable, _, _ = select.select([self._display, woken], [], [], waiting)
            if woken in readable:
                os.read(woken, 512)
                self._reap(process)
        assert self._status is not None
        return self._status

    def _is_over(self) -> bool:
        if self._windows.update():
            self._last_window = time.monotonic()
            return False
        if self._status is None:
            return False
        if self._alone and (self._status != 0 or self._windows.seen):
            return True
        waited = time.monotonic() - self._last_window
        return (
            waited > _NEXT_WINDOW_TIMEOUT
            if self._windows.seen
            else self._alone and waited > _SERVICE_TIMEOUT
        )

    def _reap(self, command: subprocess.Popen[bytes]) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._alone = True
                return
            if pid == 0:
                return
            if pid == command.pid:
                command.returncode = self._status = os.waitstatus_to_exitcode(status)
                self._last_window = time.monotonic()


def main() -> int:
    """Run an application; return its exit status as a shell does."""
    mode, folder, *command = sys.argv[1:]
    x = XConnection(os.environ["DISPLAY"])
    attendant = Attendant(
        ClientWindows(x, fill=mode == _FULL_SCREEN), x.connection.get_file_descriptor()
    )
    try:
        status = attendant.run(command, folder)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}.", file=sys.stderr)
        return _CANNOT_RUN
    except xcffib.ConnectionException:
        return 1  # the display is gone; the session reports that
    if status < 0:
        print(f"{command[0]} was ended by {signal.Signals(-status).name}.", file=sys.stderr)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
