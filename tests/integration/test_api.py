"""Answers of the API to valid and invalid requests."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeAlias

import psutil
import pytest

from tests import servers
from tests.integration.viewing import view

Event: TypeAlias = tuple[str | None, Any]


def events(server: servers.JupyterServer, name: str = "default") -> Generator[Event, None, None]:
    """Yield ``(event, data)`` from a desktop's stream; a comment is ``(None, None)``."""
    connection = server.connection()
    connection.request(
        "GET",
        f"{server.base_url}desktop/api/sessions/{name}/events",
        headers={"Authorization": f"token {server.token}"},
    )
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    event = None
    while line := answer.fp.readline():
        text = line.decode().strip()
        if text.startswith("event: "):
            event = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield event, json.loads(text.removeprefix("data: "))


def states_of(stream: Iterable[Event]) -> Iterator[Any]:
    """Leave out the log's lines, which come at any time."""
    return (data for event, data in stream if event == "state")


@pytest.fixture(autouse=True, scope="module")
def desktop(server: servers.JupyterServer) -> None:
    server.start_desktop()


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"default"',
        b'{"name": null}',
        b'{"name": 3}',
        b'{"name": ["default"]}',
        b'{"name": ""}',
        b'{"name": "../x"}',
        b'{"name": "a b"}',
        b'{"name": "<script>"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"name": "x", "geometry": "big"}',
        b'{"name": "x", "geometry": 3}',
        b'{"name": "x", "placement": "slurm"}',  # not offered
        b'{"name": "x", "placement": "\\u0000"}',
        b'{"name": "x", "options": []}',
        b'{"name": "x", "options": {"hours": 1}}',
        b'{"name": "x", "options": {"hours": "1"}}',  # no such option
        json.dumps({"name": "x" * 200}).encode(),
        json.dumps({"name": "default", "more": "x" * 10 * 1024 * 1024}).encode(),
        b"[" * 60_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_bad_request_is_answered_with_400_and_starts_nothing(
    server: servers.JupyterServer, body: object
) -> None:
    known = server.call("GET", "desktop/api/sessions").json
    answer = server.call("POST", "desktop/api/sessions", body)
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")
    assert answer.json["message"].endswith(".")
    assert len(answer.body) < 1000
    assert server.call("GET", "desktop/api/sessions").json == known


@pytest.mark.parametrize(
    "body", [b"nonsense", b"[]", b'{"client": 3}', b'{"client": null}', b'{"stream": 3}']
)
def test_a_bad_ticket_request_is_answered_with_400(
    server: servers.JupyterServer, body: bytes
) -> None:
    answer = server.call("POST", "desktop/api/sessions/default/ticket", body)
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")


def test_a_ticket_for_an_unknown_stream_is_refused(server: servers.JupyterServer) -> None:
    server.start_desktop()
    path = "desktop/api/sessions/default/ticket"
    assert server.call("POST", path, {"stream": "desktop"}).status == 200
    for unknown in ("audio", "", "x" * 128):
        answer = server.call("POST", path, {"stream": unknown})
        assert (answer.status, answer.json["reason"]) == (404, "unknown-stream")
        assert f"no stream called {unknown[:80]!r}" in answer.json["message"]
        assert "'desktop'" in answer.json["remedy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/events"),
        ("POST", "/ticket"),
    ],
)
@pytest.mark.parametrize("name", ["unknown", "%2e%2e", "a%2Fb", "%3Cscript%3E", "x" * 300])
def test_an_unknown_desktop_is_answered_with_404(
    server: servers.JupyterServer, method: str, path: str, name: str
) -> None:
    answer = server.call(method, f"desktop/api/sessions/{name}{path}")
    assert (answer.status, answer.json["reason"]) == (404, "unknown-session")
    assert answer.headers["Content-Type"].startswith("application/json")


def test_a_restart_with_an_invalid_name_is_answered_with_400(server: servers.JupyterServer) -> None:
    answer = server.call("POST", "desktop/api/sessions/%2e%2e%2fx/restart")
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")


@pytest.mark.parametrize("path", ["desktop/sessions/..%2fx/", "desktop/sessions/a%20b/"])
def test_a_page_with_an_invalid_name_is_answered_with_400(
    server: servers.JupyterServer, path: str
) -> None:
    assert server.call("GET", path).status == 400


@pytest.mark.parametrize("path", ["../secret", "%2e%2e/app.py", "..%2fapp.py", "/etc/passwd"])
def test_files_outside_the_static_folder_are_not_served(
    server: servers.JupyterServer, path: str
) -> None:
    assert server.call("GET", f"desktop/static/{path}").status in (403, 404)


def test_a_running_session_is_described_and_listed(server: servers.JupyterServer) -> None:
    session = server.session()
    assert session == {
        "name": "default",
        "backend": "vnc",
        "state": "running",
        "step": "running",
        "reachable": True,
        "error": None,
        "reason": None,
        "application": None,
        "status": None,
        "log": [],
        "job": None,
        "viewers": [],
        "last_activity": session["last_activity"],
    }
    assert server.call("GET", "desktop/api/sessions").json == {"sessions": [session]}


def test_a_second_start_returns_the_running_session(server: servers.JupyterServer) -> None:
    answer = server.call("POST", "desktop/api/sessions", b"")
    assert (answer.status, answer.json["state"]) == (200, "running")


def test_a_ticket_has_address_protocols_and_password(server: servers.JupyterServer) -> None:
    answer = server.call("POST", "desktop/api/sessions/default/ticket", {"client": "page"})
    ticket = answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert ticket["socket_url"] == "socket/default"
    assert ticket["protocols"][0] == "desktop.v1"
    assert ticket["protocols"][1].startswith("ticket.")
    assert (ticket["backend"], ticket["expires_in"], len(ticket["password"])) == ("vnc", 30, 8)


def test_the_event_stream_follows_a_desktop_from_start_to_stop(
    server: servers.JupyterServer,
) -> None:
    assert server.call("POST", "desktop/api/sessions", {"name": "life"}).status == 201
    stream = events(server, "life")
    states, steps, lines = [], [], []

    def follow(until: str) -> Any:
        for event, data in stream:
            if event == "log":
                lines.extend(data["lines"])
                continue
            states.append(data["state"])
            steps.append(data["step"])
            if data["state"] == until:
                return data
        raise AssertionError("the stream ended")

    follow("running")
    assert set(steps) <= {"display-server", "session", "window-manager", "running"}
    with view(server, "life"):
        assert len(next(states_of(stream))["viewers"]) == 1
    assert next(states_of(stream))["viewers"] == []
    server.call("DELETE", "desktop/api/sessions/life")
    stopped = follow("stopped")
    assert stopped["reason"] == "It was stopped."
    assert (stopped["reachable"], stopped["error"]) == (False, None)
    assert stopped["log"]
    server.call("POST", "desktop/api/sessions", {"name": "life"})
    follow("running")
    server.call("DELETE", "desktop/api/sessions/life")
    follow("stopped")


def test_a_hundred_event_streams_each_get_the_state_at_once(server: servers.JupyterServer) -> None:
    """Each gets the current state at once; closed ones are forgotten."""
    streams = [events(server) for _ in range(100)]
    for stream in streams:
        assert next(stream)[1]["name"] == "default"
    for stream in streams:
        stream.close()
    assert server.session()["state"] == "running"


def test_concurrent_starts_make_one_desktop(server: servers.JupyterServer) -> None:
    answers = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        answers.append(server.call("POST", "desktop/api/sessions", {"name": "twice"}).status)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 7 + [201]
    server.wait_for("running", "twice")
    assert len(server.processes("-desktop", "Desktop twice")) == 1
    assert server.call("DELETE", "desktop/api/sessions/twice").status == 204


@pytest.mark.parametrize("base_url", ["/user/a@b/", "/user/a%40b/", "/a/b/c/"])
def test_page_and_viewer_work_below_any_base_url(
    jupyter: Callable[..., servers.JupyterServer], base_url: str
) -> None:
    server = jupyter(base_url=base_url)
    server.start_desktop()
    with view(server) as viewer:
        assert (viewer.width, viewer.height) == (1920, 1080)
    page = server.call("GET", "desktop/")
    assert page.status == 200
    assert b'src="./static/desktop.js' in page.body
    redirect = server.call("GET", "desktop")
    assert redirect.headers["Location"].endswith("/desktop/")
    assert server.call("GET", redirect.headers["Location"].removeprefix(base_url)).status == 200


def test_the_page_has_strict_headers(server: servers.JupyterServer) -> None:
    page = server.call("GET", "desktop/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_only_the_video_worker_may_connect_by_the_policy_of_its_file(
    server: servers.JupyterServer,
) -> None:
    def policy(path: str) -> str:
        answer = server.call("GET", f"desktop/{path}")
        assert answer.status == 200
        return str(answer.headers["Content-Security-Policy"])

    assert "worker-src 'self'" in policy("")
    assert policy("static/video-worker.js").startswith("default-src 'none'; connect-src 'self'; ")
    assert "connect-src" not in policy("static/desktop.js")


def test_an_address_with_a_token_redirects_to_one_without(server: servers.JupyterServer) -> None:
    answer = server.call("GET", f"desktop/?token={server.token}", token=None)
    assert answer.status == 302
    assert "token" not in answer.headers["Location"]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--DesktopApp.clipboard=yes", "'clipboard'"),
        ("--DesktopApp.geometry=big", "WIDTHxHEIGHT"),
        ("--DesktopApp.start_timeout=-1", "number of seconds above 0"),
        ("--Xpra.encryption=of", "'encryption'"),
    ],
)
def test_a_bad_setting_is_reported_and_no_desktop_starts(
    jupyter: Callable[..., servers.JupyterServer], argument: str, said: str
) -> None:
    server = jupyter(argument)
    assert server.call("POST", "desktop/api/sessions", {"name": "default"}).status >= 400
    assert said in html.unescape(server.call("GET", "desktop/").body.decode())
    assert said in server.log
    assert not server.processes("jupyter_desktop.session")


def test_secrets_are_in_no_command_line_or_log(server: servers.JupyterServer) -> None:
    ticket = server.ticket()
    secrets = [ticket["password"], ticket["protocols"][1].removeprefix("ticket."), server.token]
    secrets += [path.read_bytes()[-16:].hex() for path in server.runtime.glob("jd-*/Xauthority")]
    for words in servers.facts(server.processes(), psutil.Process.cmdline).values():
        line = " ".join(words)
        assert not [secret for secret in secrets if secret in line]
    assert not [secret for secret in secrets if secret in server.log]


def test_runtime_files_are_private(server: servers.JupyterServer) -> None:
    paths = [path for folder in server.runtime.glob("jd-*") for path in (folder, *folder.iterdir())]
    assert len(paths) > 4
    assert not [path for path in paths if path.stat().st_mode & 0o077 and not path.is_socket()]
    assert servers.until(
        lambda: all(p.stat().st_mode & 0o077 == 0 for p in paths if p.is_dir()), ""
    )
