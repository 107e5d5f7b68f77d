"""The compared Jupyter servers, each a tree of processes with a separate home."""

from __future__ import annotations

import json
import math
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil
from others import MARK, RUN, cpu_time, mark_of

_SETTLED = 1.0  # seconds
_IDLE = 0.03  # of a core
# Variables of a desktop or a Jupyter in which the benchmark runs must not affect these servers.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR")

_T = TypeVar("_T")


class Tree:
    """A process and all its descendants, including detached ones."""

    def __init__(
        self, command: list[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._mark = RUN + secrets.token_hex(8)
        self._folder = folder
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**self._environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """The output so far."""
        return (self._folder / "log").read_text(errors="replace")

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**kept, "HOME": str(self._folder), MARK: self._mark}

    def processes(self) -> list[psutil.Process]:
        """Return the running processes of the tree."""
        return [one for one in psutil.process_iter() if mark_of(one) == self._mark]

    def cpu_time(self) -> float:
        """Return the CPU time of the process itself, in seconds."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def settle(self, patience: float = math.inf) -> None:
        """Wait until the tree is almost idle, but not longer than ``patience`` seconds."""
        before = self._cpu_time_of_all()
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            time.sleep(_SETTLED)
            now = self._cpu_time_of_all()
            if now - before < _SETTLED * _IDLE:
                return
            before = now

    def _cpu_time_of_all(self) -> float:
        return sum(map(cpu_time, self.processes()))

    def environment_of(self, program: str) -> dict[str, str] | None:
        """Return the environment of the process called ``program``."""
        for process in self.processes():
            try:
                if process.name() == program:
                    return process.environ()
            except psutil.Error:
                pass
        return None

    def stop(self) -> None:
        """End the process, then its remaining descendants."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        while left := self.processes():
            for process in left:
                try:
                    process.kill()
                except psutil.Error:
                    pass
            psutil.wait_procs(left, 1)

    def check_alive(self) -> None:
        """Raise an error with the log if the process has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args} ended:\n{self.log}")


class JupyterServer(Tree):
    """A Jupyter server in the environment of ``python``."""

    def __init__(self, python: Path, folder: Path, configuration: str = "") -> None:
        self.port = free_port()
        self.token = secrets.token_hex(16)
        folder.mkdir(exist_ok=True)
        (folder / "configuration.py").write_text(configuration)
        command = [
            *(str(python), "-m", "jupyter_server"),
            *("--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={self.port}"),
            "--config=configuration.py",
        ]
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        super().__init__(command, folder, {"JUPYTER_TOKEN": self.token, "PATH": path})
        wait_until(self._is_ready, self.check_alive)

    def url(self, path: str = "/") -> str:
        """Return the address of ``path``."""
        return f"http://127.0.0.1:{self.port}{path}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON of the answer."""
        request = urllib.request.Request(
            self.url(path),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def _is_ready(self) -> bool:
        try:
            return bool(self.call("GET", "/api/status"))
        except OSError:
            return False


@contextmanager
def running(*trees: Callable[[], Tree]) -> Iterator[list[Any]]:
    """Start trees, and finally stop those that were started."""
    started: list[Tree] = []
    try:
        for tree in trees:
            started.append(tree())
        yield started
    finally:
        for one in started:
            one.stop()


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_until(
    condition: Callable[[], _T], check: Callable[[], None] = lambda: None, patience: float = 60.0
) -> _T:
    """Return the first true value of ``condition``; ``check`` raises if waiting is in vain."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := condition():
            return value
        check()
        time.sleep(0.05)
    raise TimeoutError(f"{condition} did not come true in {patience} s")
