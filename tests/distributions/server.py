"""The README's first command in a clone in a Debian system, and its desktop."""

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
# Programs that tests need; `make run` does not install them.
_TOOLS = ("x11-utils", "xclip", "xdotool", "xsel")
# Folders shared by all users.
_SHARED = "/tmp /var/tmp /dev/shm /run/user"


class ClonedServer(JupyterServer):
    """A server started by `make run`; ``clone`` is the clone's folder in ``system``."""

    def __init__(self, system: System) -> None:
        super().__init__(system.inside("/srv"), "/", tls=False, user=None)
        self.system = system
        self.home = system.home
        self.clone = f"{system.user.home}/{_CLONE}"

    def make_run(self) -> None:
        """Clone the repository and follow the README; wait until an address is printed."""
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
        # A whole desktop is installed.
        until(self._is_up, "a server that prints its address", 900)
        printed = self._printed()
        assert printed
        self.port = int(printed[1])

    @property
    def printed(self) -> str:
        """The printed address with the generated token."""
        printed = self._printed()
        assert printed
        return printed[0]

    def jupyter(self, *arguments: str) -> str:
        """Run `jupyter` of the clone like a user in a terminal; return its output."""
        return self.system.run(f"{self.clone}/.venv/bin/jupyter", *arguments, seconds=120)

    def install_tools(self) -> None:
        install = ("apt-get", "install", "--yes", "--no-install-recommends", *_TOOLS)
        noninteractive = {"DEBIAN_FRONTEND": "noninteractive"}
        self.system.run(*install, user=User("root"), environment=noninteractive, seconds=600)

    def stop(self) -> None:
        """Send SIGTERM, like Ctrl+C without a question, and wait until it has ended."""
        self.process_of("/bin/jupyter-desktop").terminate()
        self.process.wait(60)

    def left_of_desktop(self) -> list[str]:
        """Return the remains of an ended desktop while the server runs."""
        return [*map(str, self.system.orphans()), *self._of_display_servers()]

    def left_behind(self) -> list[str]:
        processes = map(str, self.system.processes())
        folders = self._found(f"{_SHARED} {self.system.user.home}", "-name jd-*")
        return [*processes, *self._of_display_servers(), *folders]

    def _of_display_servers(self) -> list[str]:
        """Return the locks and sockets of X and ICE, and shared memory.

        Other files in /tmp are temporary files of killed programs.
        """
        sockets = "-path */.X11-unix/* -o -path */.ICE-unix/*"
        return self._found(_SHARED, f"-name .X*-lock -o {sockets} -o -path /dev/shm/*")

    def _found(self, folders: str, wanted: str) -> list[str]:
        """Return the results of find(1) in existing ``folders``."""
        search = 'for folder in $0; do ! [ -d "$folder" ] || find "$folder" "$@"; done'
        return self.system.run("sh", "-euc", search, folders, *wanted.split()).splitlines()

    def _printed(self) -> re.Match[str] | None:
        found = re.finditer(r"http://127\.0\.0\.1:(\d+)/\S*\?token=\S+", self.log)
        return next(found, None)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"`make run` ended:\n{self.log}"
        return self._printed() is not None


class ClonedGuest(Guest):
    """The desktop inside its system, with the programs installed there."""

    server: ClonedServer

    def there(self, *command: str) -> dict[str, Any]:
        return {"args": self.server.system.command(*command, environment=self.environment)}


@contextmanager
def running(system: System) -> Iterator[ClonedServer]:
    """Follow the README in ``system``; afterwards assert that nothing is left."""
    server = ClonedServer(system)
    try:
        server.make_run()
        yield server
        server.stop()
        server.assert_nothing_left()
    except BaseException:
        print(f"---- what `make run` printed\n{server.log[-8000:]}")
        raise
