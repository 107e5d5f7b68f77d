"""The README's first command in a clone in a Debian system, and the desktop that it leads to."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests import machine
from tests.browser.guest import Guest
from tests.servers import JupyterServer, until

from .systems import System, User, own

_CLONE = "jupyter-desktop"
_MARK = "JUPYTER_DESKTOP_TEST"
# What tests look at a desktop with; it is no part of what `make run` installs.
_TOOLS = ("x11-utils", "xclip", "xdotool", "xsel")
# What all users share, and so can leave something in.
_SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/run/user")


class ClonedServer(JupyterServer):
    """A server that `make run` has started; ``clone`` is the clone's folder in ``system``."""

    def __init__(self, system: System) -> None:
        super().__init__(system.inside("/srv"), "/", tls=False, user=None)
        self.system = system
        self.home = system.home
        self.clone = f"{system.user.home}/{_CLONE}"
        self._files: set[str] = set()

    def make_run(self) -> None:
        """Clone the repository and follow the README; returns when an address is printed."""
        machine.clone_repository(self.system.inside(self.clone))
        own(self.system, self.system.user.home)
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.system.command(
                    *("make", "run"), folder=self.clone, environment={_MARK: self.mark}
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # It installs a whole desktop.
        until(self._is_up, "a server that prints its address", 900)
        self.port = int(self._printed()[1])
        self._files = self._shared_files()

    @property
    def printed(self) -> str:
        """The address that it printed, with the token that it made up."""
        return self._printed()[0]

    def jupyter(self, *arguments: str) -> str:
        """Run `jupyter` of the clone, as a user does in a terminal; return what it prints."""
        return self.system.run(f"{self.clone}/.venv/bin/jupyter", *arguments, seconds=120)

    def install_tools(self) -> None:
        install = ("apt-get", "install", "--yes", "--no-install-recommends", *_TOOLS)
        noninteractive = {"DEBIAN_FRONTEND": "noninteractive"}
        self.system.run(*install, user=User("root"), environment=noninteractive, seconds=600)

    def stop(self) -> None:
        """End it as Ctrl+C does where nobody is asked, and wait until it has ended."""
        self.process_of("/bin/jupyter-desktop").terminate()
        self.process.wait(60)

    def left_of_desktop(self) -> list[str]:
        """Return what is left of a desktop that has ended, while the server goes on."""
        return [*map(str, self.system.orphans()), *self._new_files()]

    def left_behind(self) -> list[str]:
        return [
            *map(str, self.system.processes()),
            *self._new_files(),
            *self._shared("-name", "jd-*"),
        ]

    def _printed(self) -> re.Match[str] | None:
        found = re.finditer(r"http://127\.0\.0\.1:(\d+)/\S*\?token=\S+", self.log)
        return next(found, None)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"`make run` ended:\n{self.log}"
        return self._printed() is not None

    def _new_files(self) -> set[str]:
        return self._shared_files() - self._files

    def _shared_files(self) -> set[str]:
        # Node, which JupyterLab looks for language servers with, keeps what it has compiled; Xfce's
        # session manager leaves a file where it is slow to end, and is killed. The folders for the
        # sockets of X and ICE are the machine's, unlike what is in them.
        theirs = "( -name node-compile-cache -o -name .xfsm-ICE-* ) -prune"
        ours = "-not ( -name .X11-unix -o -name .ICE-unix ) -print"
        return self._shared(*theirs.split(), "-o", *ours.split())

    def _shared(self, *wanted: str) -> set[str]:
        """Return what find(1) finds in the folders that all users share; one may be missing."""
        search = 'for folder in $0; do ! [ -d "$folder" ] || find "$folder" -mindepth 1 "$@"; done'
        return set(self.system.run("sh", "-euc", search, " ".join(_SHARED), *wanted).splitlines())


class ClonedGuest(Guest):
    """The desktop from inside its system, with the programs that are installed there."""

    server: ClonedServer

    def there(self, *command: str) -> dict[str, Any]:
        return {"args": self.server.system.command(*command, environment=self.environment)}


@contextmanager
def running(system: System) -> Iterator[ClonedServer]:
    """Follow the README in ``system``; afterwards assert that nothing of it is left."""
    server = ClonedServer(system)
    try:
        server.make_run()
        yield server
        server.stop()
        server.assert_nothing_left()
    except BaseException:
        print(f"---- what `make run` printed\n{server.log[-8000:]}")
        raise
