"""Jupyter servers that run in containers of our images."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.browser.desktop import SCREENS
from tests.servers import JupyterServer, until

from .images import REPOSITORY, Container

# Nobody's, and of the group that OpenShift gives to the UIDs it makes up.
ANYBODY = "1234567:0"


class ContainedServer(JupyterServer):
    """A server in a container, its home and /tmp mounted from folders of its own."""

    def __init__(self, root: Path, container: Container, base_url: str, user: str) -> None:
        super().__init__(root, base_url, tls=False, user=None)
        self.container = container
        self.account = user
        self.runtime = self.home / ".local" / "share" / "jupyter" / "runtime"
        hand_over(self, user)

    def run(self, command: Sequence[str], read_only: bool) -> None:
        """Start ``command`` in the container; returns when it has printed its address."""
        run = self.container.command(
            *command,
            user=self.account,
            environment=[f"JUPYTER_DESKTOP_TEST={self.mark}"],
            volumes=volumes(self, self.container),
            read_only=read_only,
        )
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                run,
                env=self.container.images.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._is_up, "a server that prints its address", 40)

    @property
    def printed(self) -> str:
        """The address that it printed, with the token that it made up."""
        found = re.findall(r"http://127\.0\.0\.1:\d+/\S*\?token=\S+", self.log)
        return found[-1] if found else ""

    def stop(self) -> None:
        """End it as an engine does, and wait until it has ended."""
        end(self)
        self.process.wait(20)

    def _is_up(self) -> str:
        assert self.process.poll() is None, f"the container ended:\n{self.log}"
        return self.printed


def hand_over(server: JupyterServer, user: str) -> None:
    """Make the home and /tmp usable for ``user``, UID:GID."""
    uid, gid = map(int, user.split(":"))
    os.chown(server.home, uid, gid)
    server.temporary.chmod(0o1777)
    server.root.chmod(0o755)


def volumes(server: JupyterServer, container: Container) -> list[str]:
    return [f"{server.home}:{container.config['WorkingDir']}", f"{server.temporary}:/tmp"]


def end(server: JupyterServer) -> None:
    """Tell the container's first process to end."""
    for process in server.processes("tini"):
        if process.name() == "tini":
            process.terminate()


@contextmanager
def serving(
    container: Container,
    *command: str,
    user: str = ANYBODY,
    base_url: str = "/",
    read_only: bool = False,
) -> Iterator[ContainedServer]:
    """Run a server; afterwards assert that nothing of it is left.

    ``command`` is the image's own if left out; a port is added.
    """
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
    server = ContainedServer(root, container, base_url, user)
    try:
        words = [*(command or container.config["Cmd"]), f"--port={server.port}"]
        server.run(words, read_only)
        yield server
        server.stop()
        server.assert_nothing_left()
    except BaseException:
        print(f"---- log of the container\n{server.log[-8000:]}")
        raise
    finally:
        server.end_the_rest()
        shutil.rmtree(root)


def verify(flavour: str, address: str, *arguments: str, **environment: str) -> None:
    """Run the verify script of a flavour; what it saw is printed."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    picture = SCREENS / f"image-{flavour}.png"
    ran = subprocess.run(
        [REPOSITORY / "containers" / flavour / "verify", address, *arguments]
        + ["--screenshot", picture],
        env={**os.environ, "PYTHON": sys.executable, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout


def is_confined(process: psutil.Process) -> None:
    """Fail unless a process has no capability, and the engine's filter for system calls."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(told["CapEff"], 16) == 0
    assert told["Seccomp"] == "2"


def has_root_read_only(process: psutil.Process) -> bool:
    mounts = [line.split() for line in Path(f"/proc/{process.pid}/mounts").read_text().splitlines()]
    (options,) = [mount[3] for mount in mounts if mount[1] == "/"]
    return "ro" in options.split(",")
