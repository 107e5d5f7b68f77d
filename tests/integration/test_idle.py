"""A server ends when it is idle, whatever its desktop shows, and not before."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from tests import clients
from tests.integration.viewing import open_socket, view
from tests.servers import JupyterServer, until
from tests.xpra_viewer import MessageStream, XpraViewer

TIMEOUT = 5  # seconds without activity
PAUSE = 2  # seconds without input
SLACK = 15  # seconds for a busy machine, and for the desktop to end

# The picture changes continuously.
START = """#!/bin/sh
(while :; do xsetroot -solid navy; sleep 0.2; xsetroot -solid gold; sleep 0.2; done) &
exec openbox --sm-disable
"""

# Jupyter checks only once a minute whether it is idle.
OFTEN = """
from tornado import ioloop

class Often(ioloop.PeriodicCallback):
    def __init__(self, callback, period, *rest):
        super().__init__(callback, 250 if period == 60_000 else period, *rest)

ioloop.PeriodicCallback = Often
"""


@pytest.fixture
def idle(jupyter: Callable[..., JupyterServer]) -> Callable[..., JupyterServer]:
    """Starts servers that end when they are idle, with a desktop."""

    def prepare(server: JupyterServer) -> None:
        (server.home / "start").write_text(START)
        (server.home / ".jupyter").mkdir()
        (server.home / ".jupyter" / "jupyter_server_config.py").write_text(OFTEN)

    def start(*arguments: str) -> JupyterServer:
        timeout = f"--ServerApp.shutdown_no_activity_timeout={TIMEOUT}"
        server = jupyter(timeout, *arguments, prepare=prepare, start_script="~/start")
        server.start_desktop()
        return server

    return start


class VNCMouse:
    """A viewer that moves the mouse and follows the picture."""

    def __init__(self, server: JupyterServer) -> None:
        self._viewer = view(server)
        self._viewer.set_encodings(0)
        self._at = 0
        self.updates = 0
        threading.Thread(target=self._follow, daemon=True).start()

    def move(self) -> None:
        self._at += 1
        self._viewer.send(struct.pack(">BBHH", 5, 0, self._at, 0))

    def _follow(self) -> None:
        try:
            while True:
                self._viewer.request_update(incremental=True)
                self._viewer.update()
                self.updates += 1
        except (clients.Closed, OSError):
            pass

    def close(self) -> None:
        self._viewer.wire.socket.close()


class XpraMouse:
    """The same with Xpra, without encryption; the picture is ignored."""

    def __init__(self, server: JupyterServer) -> None:
        ticket = server.ticket()
        self._wire = open_socket(server, ticket)
        self._viewer = XpraViewer(MessageStream(self._wire), ticket["password"])
        self._window = self._viewer.awaits(b"new-window")[0]
        self._at = 0

    def move(self) -> None:
        self._at += 1
        self._viewer.moves(self._at, 0, self._window)

    def close(self) -> None:
        self._wire.socket.close()


def for_seconds(seconds: float, do: Callable[[], None]) -> None:
    """Call ``do`` repeatedly."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        do()
        time.sleep(0.5)


def end_after(seconds: float, *servers: JupyterServer) -> None:
    """Fail unless all ``servers`` end by themselves after about ``seconds``."""
    deadline = time.monotonic() + seconds - 1
    until(lambda: time.monotonic() > deadline, "the time")
    assert [server.process.poll() for server in servers] == [None] * len(servers), "too soon"
    for server in servers:
        until(lambda: server.process.poll() is not None, "its end", 1 + SLACK)  # noqa: B023
        assert server.process.returncode == 0
        assert "shutting down" in server.log


def test_vnc_input_keeps_the_server_and_picture_changes_do_not(
    idle: Callable[..., JupyterServer],
) -> None:
    server = idle()
    mouse = VNCMouse(server)
    for_seconds(PAUSE + TIMEOUT + 2, mouse.move)
    seen = mouse.updates
    end_after(PAUSE + TIMEOUT, server)
    assert mouse.updates - seen > 5


def test_xpra_input_keeps_the_server(idle: Callable[..., JupyterServer]) -> None:
    server = idle("--DesktopApp.backend=xpra", "--Xpra.encryption=off")
    mouse = XpraMouse(server)
    for_seconds(PAUSE + TIMEOUT + 2, mouse.move)
    end_after(PAUSE + TIMEOUT, server)
    mouse.close()


def test_a_viewer_or_a_running_desktop_keeps_the_server_if_set(
    idle: Callable[..., JupyterServer],
) -> None:
    """With activity=connected a connected page, with activity=always a running desktop."""
    connected = idle("--DesktopApp.activity=connected")
    mouse = VNCMouse(connected)
    always = idle("--DesktopApp.activity=always")
    for_seconds(PAUSE + TIMEOUT + 2, lambda: None)
    mouse.close()
    always.call("DELETE", "desktop/api/sessions/default")
    end_after(TIMEOUT, connected, always)


def test_requests_of_a_page_do_not_count_as_activity(server: JupyterServer) -> None:
    server.start_desktop()
    with view(server):
        until(lambda: not moves(server), "its start to be over")
        began = datetime.now(timezone.utc)
        stream = server.connection()
        path, token = "desktop/api/sessions/default", {"Authorization": f"token {server.token}"}
        stream.request("GET", f"/{path}/events", headers=token)
        assert stream.getresponse().status == 200
        server.call("GET", "desktop/")
        server.call("GET", "desktop/api/sessions")
        server.start_desktop()
        server.call("PUT", f"{path}/geometry", {"geometry": "800x600"})
    with view(server):
        assert last_activity(server) < began
        status = server.call("GET", "api/status").json
        assert datetime.fromisoformat(status["last_activity"].replace("Z", "+00:00")) < began
    stream.close()


def last_activity(server: JupyterServer) -> datetime:
    text = server.session()["last_activity"]
    assert text.endswith("Z")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def moves(server: JupyterServer) -> bool:
    return last_activity(server) != last_activity(server)
