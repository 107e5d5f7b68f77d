"""The doctor's findings about running Jupyter servers."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_desktop.doctor import servers
from jupyter_desktop.doctor.finding import Severity

from .asking import TOKEN, found, told


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str | None]]]:
    """Run an HTTP server that answers with ``status``; yield its port and the credentials."""
    credentials: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            credentials.append(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Log nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, credentials
        server.shutdown()
        thread.join(5)


def note_server(home: Path, **values: object) -> Path:
    """Write the file that a Jupyter server writes about itself."""
    usual = {"base_url": "/user/me/", "hostname": "127.0.0.1", "secure": False, "sock": ""}
    usual |= {"token": TOKEN, "pid": os.getpid(), "version": "2.14.0"}
    path = home / "runtime" / f"jpserver-{values.get('pid', os.getpid())}.json"
    path.write_text(json.dumps(usual | values))
    return path


@pytest.mark.parametrize(
    ("status", "state", "desktop"),
    [
        (200, Severity.OK, True),
        (403, Severity.OK, True),
        (404, Severity.NOTE, False),
        (500, Severity.NOTE, False),
    ],
)
def test_a_running_server_is_reported_without_its_token(
    user: Path, status: int, state: Severity, desktop: bool
) -> None:
    with answering(status) as (port, credentials):
        note_server(user, port=port, url=f"http://127.0.0.1:{port}/?token={TOKEN}")
        server = told(servers.running)
    assert (server.state, server.facts["desktop"]) == (state, desktop)
    assert server.facts["url"] == f"http://127.0.0.1:{port}/user/me/"
    assert credentials == [f"token {TOKEN}"]
    assert TOKEN not in json.dumps(server.as_json())


def test_another_process_on_the_port_of_a_server_gets_no_token(user: Path) -> None:
    """As where the server runs elsewhere, or has ended and its process id is in use again."""
    with answering(200) as (port, credentials), subprocess.Popen(["sleep", "60"]) as other:
        note_server(user, port=port, pid=other.pid)
        told(servers.running)
        other.kill()
    assert credentials == [None]


def test_a_server_that_does_not_answer_is_a_note(user: Path) -> None:
    with answering(200) as (port, _):
        pass
    note_server(user, port=port)
    server = told(servers.running)
    assert (server.state, server.facts["desktop"]) == (Severity.NOTE, None)


def test_files_of_servers_on_other_machines_stay(user: Path) -> None:
    path = note_server(user, pid=1 << 30, port=1)
    (user / "runtime" / "jpserver-5.json").write_text("{")
    assert told(servers.running).facts == {"count": 0}
    assert path.exists()


def test_the_hub_and_its_addresses_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(servers.hub).facts == {"hub": False}
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/me/")
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://hub:{TOKEN}@10.0.0.1:8081/hub/api")
    monkeypatch.setenv("JUPYTERHUB_SSL_CERTFILE", "/etc/certificate")
    assert told(servers.hub).found == "its API is at http://10.0.0.1:8081"
    address, tls = found(servers.address)
    assert address.facts == {"base": "/user/me/"}
    assert tls.facts == {"by_jupyter": True}


def test_the_address_in_the_settings_is_reported() -> None:
    address, origin = found(
        servers.address, "--ServerApp.base_url=/x/", "--ServerApp.allow_origin=https://portal"
    )
    assert "the desktop is at /x/desktop/" in address.found
    assert origin.facts == {"allow_origin": "https://portal"}
