"""Weaknesses that were found in our neighbours, tried here on the real thing.

docs/security.md says what each was about.
"""

from __future__ import annotations

import html
import json
import re
import socket
from collections.abc import Callable
from importlib.metadata import requires, version
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

import jupyter_desktop
from tests import clients
from tests.clients import Denied
from tests.integration.viewing import accepted, folder_of, log_in, open_socket
from tests.servers import JupyterServer

SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True, scope="module")
def running(server: JupyterServer) -> None:
    server.start_desktop()


@pytest.mark.parametrize("backend", ["vnc", "xpra"])
def test_cve_2025_32428(jupyter: Callable[..., JupyterServer], backend: str) -> None:
    """jupyter-remote-desktop-proxy 3.0.0: TigerVNC could be reached over the network."""
    server = jupyter(f"--DesktopApp.backend={backend}")
    server.start_desktop()
    listening = {
        (process.pid, one.laddr.port)
        for process in server.processes()
        for one in process.net_connections("inet")
        if one.status == "LISTEN" or one.type == socket.SOCK_DGRAM
    }
    # Jupyter's own, once for each address that "localhost" has.
    assert listening == {(server.process.pid, server.port)}
    (number,) = (int(display[1:]) for display in server.displays())
    for base in (5800, 5900, 6000):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", base + number), 5)
    assert folder_of(server).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("path", ["desktop/socket/default", "desktop-websockify/"])
@pytest.mark.parametrize("credentials", [{}, {"Authorization": "token wrong"}])
def test_cve_2024_28179(server: JupyterServer, path: str, credentials: dict[str, str]) -> None:
    """jupyter-server-proxy before 3.2.3 and 4.1.1: WebSockets needed no login.

    Here not even who holds a ticket gets in without one.
    """
    before = accepted(server)
    ticket = server.ticket(client="websockify")
    with pytest.raises(Denied) as denied:
        clients.connect(server.url + path, ticket["protocols"], credentials)
    assert denied.value.status in (302, 403)
    assert accepted(server) == before
    # With a login the same ticket does let in.
    headers = {"Authorization": f"token {server.token}"}
    with clients.connect(server.url + path, [*ticket["protocols"], "binary"], headers) as wire:
        assert wire.message() == b"RFB 003.008\n"


@pytest.mark.parametrize(
    "path",
    [
        "proxy/{}/",
        "proxy/{}:80/",
        "proxy/absolute/{}:80/",
        "desktop-websockify/{}",
        "desktop/sessions/{}/",
        "desktop/?backend={}",
        "desktop/{}",
        "desktop/static/{}",
        "desktop/xpra/{}",
        "desktop/api/sessions/{}",
        "desktop/socket/{}",
    ],
)
def test_cve_2024_35225(server: JupyterServer, path: str) -> None:
    """jupyter-server-proxy before 3.2.4 and 4.2.0: an error said the host's name as HTML."""
    answer = server.call("GET", path.format(quote(SCRIPT, safe="")))
    assert answer.status >= 300
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert json.loads(answer.body)["message"]
    else:
        assert b"<img src=x" not in answer.body


def test_cve_2024_35225_in_a_header(server: JupyterServer) -> None:
    browser = log_in(server)
    for name in ("Origin", "Host", "Sec-WebSocket-Protocol", "Referer"):
        headers = {"Cookie": browser["Cookie"], "Origin": "http://x", name: SCRIPT}
        with pytest.raises(Denied) as denied:
            clients.connect(f"{server.url}desktop/socket/default", ["desktop.v1"], headers)
        # A host that cannot be one is refused by Tornado, without a word.
        assert denied.value.body == b"" or json.loads(denied.value.body)["message"]


def test_cve_2017_18635(jupyter: Callable[..., JupyterServer]) -> None:
    """noVNC before 0.6.2: the VNC server's name was shown as HTML.

    What the page makes of it stands in tests/browser/test_hostile_text.py.
    """
    server = jupyter(f"--DesktopApp.title={SCRIPT}")
    server.start_desktop()
    ticket = server.ticket()
    with clients.Viewer(open_socket(server, ticket)) as viewer:
        assert viewer.authenticate(ticket["password"]).name == SCRIPT
    page = server.call("GET", "desktop/").body.decode()
    assert "<img src=x" not in page
    assert html.escape(SCRIPT) in page
    # No script of ours, noVNC's included, makes HTML of anything.
    for script in (Path(jupyter_desktop.__file__).parent / "static").glob("*.js"):
        assert not re.search(
            "innerHTML|outerHTML|insertAdjacentHTML|document.write", script.read_text()
        )


@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        "/evil.example/%2f..",
        "/evil.example/%2e%2e",
        "/evil.example/..",
        "/evil.example/desktop",
        "/evil.example/desktop/?token=x",
        "desktop//evil.example/%2f..",
        "desktop/static//evil.example/%2e%2e",
        "desktop/xpra//evil.example/%2f..",
        "desktop/sessions//evil.example/",
        "desktop-websockify//evil.example/%2f..",
        "desktop-websockify/%2f%2fevil.example/%2f..",
        "desktop?next=//evil.example",
        "desktop?token=x&//evil.example",
    ],
)
def test_cve_2021_3654(server: JupyterServer, path: str, login: bool) -> None:
    """noVNC's server, websockify on Python's http.server: a redirect to anywhere."""
    # The side entrance is websockify, and would answer who has a ticket.
    server.ticket(client="websockify")
    answer = server.call("GET", path, token=server.token if login else None)
    location = urlsplit(answer.headers.get("Location", ""))
    assert location.netloc in ("", f"localhost:{server.port}")
    assert not location.path.startswith(("//", "/\\"))
    assert answer.status in ((302, 403, 404, 405) if login else (302, 403, 404))


def test_neighbours_are_new_enough() -> None:
    """Here, and wherever this package is installed."""
    assert tuple(map(int, version("jupyter-server-proxy").split(".")[:2])) >= (4, 3)
    assert "jupyter-server-proxy>=4.3" in (requires("jupyter-desktop") or [])
