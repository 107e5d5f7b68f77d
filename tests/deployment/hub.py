"""JupyterHub with its configurable-http-proxy, and the servers of its users."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from tests import users
from tests.servers import TOKEN, XSTARTUP, Answer, JupyterServer, ask, free_port, until

PASSWORD = "a-password-for-tests"
# The hub encodes "+" as "%2B" in addresses.
ANN, BOB = "ann+lab@example.org", "bob"
BASE_URL = "/jupyter/"
DOCUMENTED = Path(__file__).parents[2] / "docs" / "deploy"

_SETTINGS = "JUPYTER_DESKTOP_TEST_HUB"
_HERE = Path(__file__).parent
_PROXY = _HERE / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"


class Hub:
    """A hub and its processes. Made by ``running_hub``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.log_file = root / "hub.log"
        self._settings_file = root / "settings.json"
        self.servers: list[UserServer] = []
        self.process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def start(self, settings: dict[str, Any]) -> None:
        self._settings_file.write_text(json.dumps({**self._settings(), **settings}))
        command = [sys.executable, "-m", "jupyterhub"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--config={_HERE / 'jupyterhub_config.py'}"],
                cwd=self.root,
                env={**os.environ, _SETTINGS: str(self._settings_file)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._answers, "a hub that answers", 40)

    def stop(self) -> None:
        """Send SIGTERM; the hub ends its proxy and its users' servers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def end_the_rest(self) -> None:
        """Kill processes that a failed test has left."""
        for server in self.servers:
            server.end_the_rest()
        # The hub and its proxy, which may outlive it.
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(_SETTINGS) == str(self._settings_file):
                    process.kill()

    def api(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request to the hub's API, as a service with all permissions."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        headers = {"Authorization": f"token {TOKEN}"}
        return ask(connection, method, f"{BASE_URL}hub/api/{path}", body, headers)

    def server(
        self,
        user: str,
        name: str = "",
        arguments: Sequence[str] = (),
        *,
        start_script: str | Path = XSTARTUP / "openbox",
        prepare: Callable[[JupyterServer], None] = lambda server: None,
        container: Callable[[JupyterServer], list[str]] = lambda server: [],
    ) -> UserServer:
        """Start a server of ``user``, and wait until the hub reports it as ready.

        ``container`` may return a command line of buildah to run it in.
        """
        for old in [one for one in self.servers if (one.hub_user, one.name) == (user, name)]:
            self._forget(old)
        server = UserServer(self, user, name)
        self.servers.append(server)
        prepare(server)
        arguments = [f"--DesktopApp.start_script={start_script}", *arguments]
        server.start_through_hub(arguments, container(server))
        return server

    @contextmanager
    def culling(self, seconds: int) -> Iterator[None]:
        """Run the idle culler, which ends servers without activity for ``seconds``."""
        options = {"url": f"http://127.0.0.1:{self.port}{BASE_URL}hub/api", "timeout": seconds}
        arguments = [f"--{name}={value}" for name, value in {**options, "cull-every": 1}.items()]
        with self.log_file.open("ab") as log:
            culler = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub_idle_culler", *arguments],
                env={**os.environ, "JUPYTERHUB_API_TOKEN": TOKEN},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            culler.terminate()
            culler.wait(10)

    def _forget(self, server: UserServer) -> None:
        """End a server of a repeated test, and remove its folder."""
        until(lambda: not server.model.get("pending"), "the hub to be done with it", 60)
        if server.model:
            server.stop()
        server.end_the_rest()
        shutil.rmtree(server.root)
        self.servers.remove(server)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the hub ended"
        try:
            if self.api("GET", "").status == 200:
                return True
        except OSError:
            pass
        time.sleep(0.1)  # the proxy logs every failed request
        return False

    def _settings(self) -> dict[str, Any]:
        node = shutil.which("node")
        assert node, "node is missing"
        assert _PROXY.exists(), "configurable-http-proxy is missing; `make test` installs it"
        return {
            "root": str(self.root),
            "bind_url": f"http://127.0.0.1:{self.port}{BASE_URL}",
            "hub_port": free_port(),
            "proxy": [node, str(_PROXY)],
            "proxy_api": f"127.0.0.1:{free_port()}",
            "documented": str(DOCUMENTED / "jupyterhub_config.py"),
            "internal_ssl": False,
            "users": [ANN, BOB],
            "password": PASSWORD,
            "token": TOKEN,
            "services": [],
            "roles": [],
        }


class UserServer(JupyterServer):
    """A single-user server, reached through the hub's proxy."""

    def __init__(self, hub: Hub, user: str, name: str = "") -> None:
        root = hub.root / f"{user}+{name}"
        root.mkdir()
        prefix = f"{BASE_URL}user/{_quoted(user)}/" + (f"{name}/" if name else "")
        super().__init__(root, prefix, tls=False, user=None)
        self.hub = hub
        self.hub_user = user
        self.name = name
        self.port = hub.port
        self.log_file = hub.log_file

    @property
    def model(self) -> dict[str, Any]:
        """The hub's model of it; empty if it is not running."""
        servers = self.hub.api("GET", f"users/{_quoted(self.hub_user)}").json["servers"]
        model: dict[str, Any] = servers.get(self.name, {})
        return model

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **users.environment()}

    def start_through_hub(self, arguments: Sequence[str], container: Sequence[str]) -> None:
        environment = {**self.environment(), "JUPYTERHUB_ACTIVITY_INTERVAL": "1"}
        arguments = ["--allow-root", *arguments]
        told = {"environment": environment, "arguments": arguments, "container": container}
        del environment["JUPYTER_TOKEN"]
        (self.root / "spawn.json").write_text(json.dumps(told))
        answer = self.hub.api("POST", f"users/{_quoted(self.hub_user)}/servers/{self.name}")
        assert answer.status in (201, 202), answer.body
        until(lambda: self.model.get("ready"), "a server that is ready", 60)

    def start_xfce(self) -> None:
        """Start the desktop, and wait for its programs that may still take the focus."""
        self.start_desktop()
        for program in ("xfsettingsd", "xfdesktop", "xfce4-panel", "panel/wrapper"):
            until(lambda program=program: self.processes(program), program, 30)

    def stop(self) -> None:
        self.note_displays()
        answer = self.hub.api("DELETE", f"users/{_quoted(self.hub_user)}/servers/{self.name}")
        assert answer.status in (202, 204), answer.body
        until(lambda: not self.model, "the hub to have stopped it", 60)


def _quoted(user: str) -> str:
    """Return a user's name as in the hub's addresses."""
    return quote(user, safe="@~")


@contextmanager
def running_hub(**settings: Any) -> Iterator[Hub]:
    """Run a hub; afterwards assert that its users' servers have left nothing."""
    hub = Hub(Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp")))
    try:
        hub.start(settings)
        yield hub
        for server in hub.servers:
            server.note_displays()
        hub.stop()
        for server in hub.servers:
            server.assert_nothing_left()
    except BaseException:
        print(f"---- log of the hub\n{hub.log[-8000:]}")
        raise
    finally:
        hub.end_the_rest()
        shutil.rmtree(hub.root, ignore_errors=True)
