"""Jupyter servers that run in containers of our images."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.browser.desktop import SCREENS
from tests.machine import REPOSITORY
from tests.servers import JupyterServer, facts, named, until

from .images import Container

# An unused UID, with the group that OpenShift gives its random UIDs.
ANYBODY = f"{1_000_000 + os.getpid()}:0"

# Other engines give each container its own.
_SHARED_MEMORY = Path("/dev/shm")


class ContainedServer(JupyterServer):
    """A server in a container, with its folders mounted as home and /tmp."""

    def __init__(self, root: Path, container: Container, base_url: str) -> None:
        super().__init__(root, base_url, tls=False, user=None)
        self.container = container

    def run(self, command: Sequence[str], **options: Any) -> None:
        """Start ``command`` in the container; wait until it has printed its address.

        ``options`` are those of ``Container.command``.
        """
        run = self.container.command(
            *command, environment=[f"JUPYTER_DESKTOP_TEST={self.mark}"], **options
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
        """The printed address with the generated token."""
        found = re.findall(r"http://127\.0\.0\.1:\d+/\S*\?token=\S+", self.log)
        return found[-1] if found else ""

    def stop(self) -> None:
        """End it like a container engine, and wait until it has ended."""
        end(self)
        self.process.wait(20)

    def left_behind(self) -> list[str]:
        places = [self.root, *runtime_folders()]
        folders = [str(path) for place in places for path in place.rglob("jd-*")]
        return [*super().left_behind(), *folders]

    def _is_up(self) -> str:
        assert self.process.poll() is None, f"the container ended:\n{self.log}"
        return self.printed


def volumes(server: JupyterServer, container: Container, user: str = "") -> list[str]:
    """Return the volumes of a server, with a home of ``user`` (UID:GID).

    Without a user they are like Kubernetes' emptyDir: all users may write to home and /tmp, and
    remove others' files.
    """
    server.root.chmod(0o755)
    server.home.chmod(0o700 if user else 0o777)
    server.temporary.chmod(0o1777 if user else 0o777)
    if user:
        os.chown(server.home, *map(int, user.split(":")))
    return [f"{server.home}:{container.config['WorkingDir']}", f"{server.temporary}:/tmp"]


def runtime_folders() -> list[Path]:
    """Return the folders that the image's entry has made for ``ANYBODY``."""
    user = int(ANYBODY.partition(":")[0])
    found = []
    for path in _SHARED_MEMORY.glob("run-*"):
        with suppress(FileNotFoundError):
            if path.stat().st_uid == user:
                found.append(path)
    return found


def end(server: JupyterServer) -> None:
    """Send SIGTERM to the container's first process."""
    for process in named(server.processes("tini"), "tini"):
        process.terminate()


@contextmanager
def serving(
    container: Container, *command: str, base_url: str = "/", user: str = ""
) -> Iterator[ContainedServer]:
    """Run a server; afterwards assert that it has left nothing.

    ``command`` is the image's by default; a port is added. With a ``user`` (UID:GID) it runs as
    with podman; otherwise as on OpenShift: as ``ANYBODY``, restricted.
    """
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
    server = ContainedServer(root, container, base_url)
    try:
        server.run(
            [*(command or container.config["Cmd"]), f"--port={server.port}"],
            user=user or ANYBODY,
            volumes=volumes(server, container, user),
            restricted=not user,
        )
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
    """Run the verify script of a flavour, and print its output."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    script = REPOSITORY / "containers" / flavour / "verify"
    picture = SCREENS / f"image-{flavour}.png"
    ran = subprocess.run(
        [script, address, *arguments, "--screenshot", picture],
        env={**os.environ, "PYTHON": sys.executable, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout


def inside(server: JupyterServer) -> list[psutil.Process]:
    """Return the processes in the server's container, without buildah."""
    lines = facts(server.processes(), psutil.Process.cmdline)
    within = [one for one in lines if not lines[one][0].startswith("buildah")]
    assert within
    return within


def status_of(process: psutil.Process) -> dict[str, str]:
    """Return the fields of /proc/PID/status (proc(5))."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def is_confined(process: psutil.Process) -> None:
    """Fail unless a process has no capability, and a system call filter."""
    status = status_of(process)
    assert int(status["CapEff"], 16) == 0
    assert status["Seccomp"] == "2"


def is_restricted(process: psutil.Process) -> None:
    """Fail unless a process cannot gain privileges, and its root is read-only."""
    assert status_of(process)["NoNewPrivs"] == "1"
    mounts = [line.split() for line in Path(f"/proc/{process.pid}/mounts").read_text().splitlines()]
    (options,) = [mount[3] for mount in mounts if mount[1] == "/"]
    assert "ro" in options.split(",")
