"""The compared bridges: each carries a source's bytes to a WebSocket client.

Ours runs in a complete, real Jupyter server, except that the doorman connects to the source instead
of a display server.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psutil
import raw_client
from environment import Environment
from servers import JupyterServer, Tree, free_port, running, wait_until

_HERE = Path(__file__).parent


class Bridge(Protocol):
    """The interface of a bridge for the benchmarks."""

    def connect(self) -> socket.socket:
        """Return a WebSocket that is connected to the source."""

    def processes(self) -> list[psutil.Process]:
        """Return the processes that carry the bytes, and their servers."""


class Ours(JupyterServer):
    """Jupyter's doorman and ``python -m jupyter_desktop.bridge``."""

    def __init__(self, folder: Path, source: Path) -> None:
        folder.mkdir()
        idle = folder / "idle"
        idle.write_text("#!/bin/sh\nexec sleep infinity\n")
        super().__init__(
            Path(sys.executable),
            folder,
            f"from jupyter_desktop.placements import Local\n"
            f"connect = Local.connect\n"
            f"Local.connect = lambda self, path: connect(self, {str(source)!r})\n"
            f"c.DesktopApp.start_script = {str(idle)!r}\n",
        )
        self.call("POST", "/desktop/api/sessions", {"name": "default"})
        wait_until(lambda: self.call("GET", "/desktop/api/sessions/default")["reachable"])

    def connect(self) -> socket.socket:
        """Connect with a ticket, as the page does."""
        ticket = self.call("POST", "/desktop/api/sessions/default/ticket", {})
        path = f"/desktop/{ticket['socket_url']}"
        return raw_client.connect(self.port, path, self.token, ticket["protocols"])


class Theirs(JupyterServer):
    """jupyter-server-proxy's ``raw_socket_proxy``, as jupyter-remote-desktop-proxy 3 uses it."""

    def __init__(self, python: Path, folder: Path, source: Path) -> None:
        entry = {"command": [], "unix_socket": str(source), "raw_socket_proxy": True}
        super().__init__(python, folder, f"c.ServerProxy.servers = {{'source': {entry}}}\n")

    def connect(self) -> socket.socket:
        """Connect as jupyter-remote-desktop-proxy's page does."""
        return raw_client.connect(self.port, "/source/", self.token)


class Websockify(Tree):
    """Unmodified websockify from PyPI, without Jupyter."""

    def __init__(self, python: Path, folder: Path, source: Path) -> None:
        self._port = free_port()
        command = [str(python), "-m", "websockify", f"--unix-target={source}"]
        super().__init__([*command, f"127.0.0.1:{self._port}"], folder)
        wait_until(lambda: self._port in _listening(self), self.check_alive)

    def connect(self) -> socket.socket:
        """Connect as noVNC does."""
        return raw_client.connect(self._port, "/", protocols=["binary"])


class _Source(Tree):
    def __init__(self, folder: Path, path: Path) -> None:
        super().__init__([sys.executable, str(_HERE / "source.py"), str(path)], folder)
        wait_until(path.exists, self.check_alive)


@contextmanager
def all_bridges(environment: Environment, folder: Path) -> Iterator[dict[str, Bridge]]:
    """Start a source and the bridges to it."""
    source, python = folder / "source.sock", environment.python
    with running(
        lambda: _Source(folder / "source", source),
        lambda: Ours(folder / "ours", source),
        lambda: Theirs(python, folder / "theirs", source),
        lambda: Websockify(python, folder / "websockify", source),
    ) as (_, ours, theirs, websockify):
        yield {"ours": ours, "theirs": theirs, "websockify": websockify}


def _listening(tree: Tree) -> set[int]:
    return {
        connection.laddr.port
        for process in tree.processes()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
