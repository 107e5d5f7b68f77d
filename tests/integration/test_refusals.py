"""Who is refused leaves nothing but two lines of log: why, and Jupyter's own of the request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psutil
import pytest

from tests import clients, servers
from tests.broken_frames import BROKEN
from tests.clients import Closed, Denied
from tests.integration.viewing import accepted, log_in, open_socket, session_processes, view
from tests.servers import JupyterServer

API = "desktop/api/sessions"
MIB = 1024 * 1024
LONG = json.dumps({"name": "x" * (10 * MIB)}).encode()


@pytest.fixture(autouse=True, scope="module")
def desktops(server: JupyterServer) -> None:
    """Two of them, and all processes there that ever will be."""
    server.start_desktop()
    server.start_desktop("second")
    with view(server):
        pass
    servers.until(lambda: not server.session()["viewers"], "no viewer")


def processes(server: JupyterServer) -> list[psutil.Process]:
    jupyter = psutil.Process(server.process.pid)
    return [
        jupyter,
        server.process_of("jupyter_desktop.bridge"),
        *session_processes(server).values(),
    ]


def held(server: JupyterServer) -> dict[str, int]:
    """Return how many descriptors and threads each process has."""
    found = {}
    for process in processes(server):
        found[f"descriptors of {process.pid}"] = process.num_fds()
        found[f"threads of {process.pid}"] = process.num_threads()
    return found


def assert_no_more_is_held(server: JupyterServer, before: Mapping[str, int]) -> None:
    def no_more() -> bool:
        now = held(server)
        return now.keys() == before.keys() and all(now[key] <= before[key] for key in before)

    servers.until(no_more, f"as little as {before}")


@dataclass(frozen=True)
class Papers:
    """Who asks, and what they show."""

    server: JupyterServer
    browser: Mapping[str, str]
    other: Mapping[str, str]
    ticket: Mapping[str, Any]
    used: Mapping[str, Any]

    def calls(self, method: str, path: str, body: Any = None, **headers: str | None) -> int:
        """Send a request as the browser does, with ``headers`` changed; return the status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {k: v for k, v in {**self.browser, **named}.items() if v is not None}
        return self.server.call(method, path, body, token=None, headers=sent).status

    def connects(
        self, ticket: Mapping[str, Any], name: str = "default", **headers: str | None
    ) -> int:
        """Ask for a WebSocket as the browser does; return the status of what is answered."""
        sent = {"Cookie": self.browser["Cookie"], "Origin": self.server.address, **headers}
        url = f"{self.server.url}desktop/socket/{name}"
        with pytest.raises(Denied) as denied:
            clients.connect(url, ticket["protocols"], sent)
        return denied.value.status


@pytest.fixture
def papers(server: JupyterServer) -> Papers:
    browser, other = log_in(server), log_in(server)
    before = accepted(server)

    def ticket() -> dict[str, Any]:
        answer = server.call("POST", f"{API}/default/ticket", token=None, headers=browser)
        issued: dict[str, Any] = answer.json
        return issued

    used = ticket()
    url = f"{server.url}desktop/socket/default"
    clients.connect(url, used["protocols"], {"Cookie": browser["Cookie"]}).socket.close()
    servers.until(lambda: accepted(server) > before, "the first connection in the log")
    servers.until(lambda: not server.session()["viewers"], "no viewer")
    return Papers(server, browser, other, ticket(), used)


@pytest.fixture
def nothing_is_left(server: JupyterServer, papers: Papers) -> Iterator[None]:
    """After the test everything is as before, and the owner gets in."""
    known = server.call("GET", API).json
    before, connections, log = held(server), accepted(server), len(server.log)
    yield
    assert_no_more_is_held(server, before)
    assert server.call("GET", API).json == known
    assert accepted(server) == connections
    for word in ("Traceback", "Uncaught", "Logging error", "never retrieved"):
        assert word not in server.log[log:]
    with view(server) as viewer:
        assert viewer.width


EVIL = "https://evil.example"

REFUSED: dict[str, tuple[int, Callable[[Papers], int]]] = {
    "WebSocket of another origin": (403, lambda p: p.connects(p.ticket, Origin=EVIL)),
    "WebSocket of a sandboxed page": (403, lambda p: p.connects(p.ticket, Origin="null")),
    "WebSocket without a login": (403, lambda p: p.connects(p.ticket, Cookie=None)),
    "WebSocket without a ticket": (403, lambda p: p.connects({"protocols": ["desktop.v1"]})),
    "replayed ticket": (403, lambda p: p.connects(p.used)),
    "ticket of another desktop": (403, lambda p: p.connects(p.ticket, "second")),
    "ticket of another user": (403, lambda p: p.connects(p.ticket, Cookie=p.other["Cookie"])),
    "WebSocket to no desktop": (404, lambda p: p.connects(p.ticket, "..%2fsecond")),
    "POST of another origin": (403, lambda p: p.calls("POST", API, Origin=EVIL)),
    "ticket for another origin": (
        403,
        lambda p: p.calls("POST", f"{API}/default/ticket", Origin=EVIL),
    ),
    "POST without the XSRF token": (403, lambda p: p.calls("POST", API, X_XSRFToken=None)),
    "POST with another XSRF token": (
        403,
        lambda p: p.calls("POST", API, X_XSRFToken=p.other["X-XSRFToken"]),
    ),
    **{
        f"{method} {path or 'of a ticket'} without the XSRF token": (
            403,
            partial(Papers.calls, method=method, path=f"{API}/default{path}", X_XSRFToken=None),
        )
        for method, path in [
            ("DELETE", ""),
            ("POST", "/ticket"),
            ("POST", "/restart"),
            ("PUT", "/geometry"),
            ("POST", "/shares"),
            ("DELETE", "/shares/x"),
            ("DELETE", "/viewers/1"),
        ]
    },
    **{
        f"10 MiB to {method} {path}": (
            400,
            partial(Papers.calls, method=method, path=API + path, body=LONG),
        )
        for method, path in [
            ("POST", ""),
            ("POST", "/default/ticket"),
            ("POST", "/default/restart"),
            ("PUT", "/default/geometry"),
            ("POST", "/default/shares"),
        ]
    },
    **{
        f"{method} {name}{path}": (
            400 if path == "/restart" else 404,
            partial(Papers.calls, method=method, path=f"{API}/{name}{path}"),
        )
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/restart"), ("POST", "/ticket")]
        for name in ("..%2f..%2fdefault", "%2e%2e", "%00", "%0d%0aSet-Cookie:%20a=b")
    },
}


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize(("status", "ask"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_leaves_two_lines_and_nothing_else(
    server: JupyterServer, papers: Papers, status: int, ask: Callable[[Papers], int]
) -> None:
    log = len(server.log)
    assert ask(papers) == status
    servers.until(lambda: "ms referer=" in server.log[log:], "the request in the log")
    lines = server.log[log:].splitlines()
    assert [("ms referer=" in line) for line in lines] == [False, True], lines
    assert f" {status} " in lines[1]
    assert all(len(line) < 500 for line in lines)


FILES = [
    *("static/..%2fapp.py", "static/%2e%2e/app.py", "static/%2e%2e%2f%2e%2e%2fapp.py"),
    *("static//etc/passwd", "static/%2fetc%2fpasswd", "static/desktop.js%00.svg", "static/./"),
    *("static/..%5capp.py", "static/%252e%252e/app.py", "static/%ff", "static/" + "x/" * 500),
    *("xpra/index.html", "xpra/connect.html", "xpra/default-settings.txt", "xpra/js/"),
    *("xpra/..%2fwww%2findex.html", "xpra/js/%2e%2e/index.html", "xpra//etc/passwd"),
    *("xpra/js%2f..%2f..%2f..%2fpasswd", "xpra/js/Client.js%00", "xpra/js/lib/../Client.js"),
]


@pytest.mark.usefixtures("nothing_is_left")
def test_no_path_leads_out_of_the_files(server: JupyterServer) -> None:
    for path in FILES:
        answer = server.call("GET", f"desktop/{path}")
        assert answer.status in (400, 403, 404), path
        assert len(answer.body) < 1000 + len(path)
        for word in (b"DesktopApp", b"root:", b"sessionStorage"):
            assert word not in answer.body


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize(
    "path",
    [
        "static/desktop.js",
        "static/icon.svg",
        pytest.param("xpra/js/Client.js", marks=pytest.mark.needs("xpra")),
    ],
)
def test_the_files_themselves_are_there(server: JupyterServer, path: str) -> None:
    """Lest the test above only sees addresses that are wrong anyway."""
    assert server.call("GET", f"desktop/{path}").status == 200


def test_frames_that_break_the_protocol_end_their_connection_and_no_other(
    server: JupyterServer,
) -> None:
    bridge = server.process_of("jupyter_desktop.bridge")
    with view(server) as lively:
        before, log = held(server), len(server.log)
        for label, (sent, code) in BROKEN.items():
            with open_socket(server, server.ticket()) as wire:
                wire.message()
                _send_while_open(wire, sent)
                assert wire.closing().code == code, label
        servers.until(lambda: len(server.session()["viewers"]) == 1, "one viewer")
        assert_no_more_is_held(server, before)
        assert server.process_of("jupyter_desktop.bridge") == bridge
        assert "Traceback" not in server.log[log:]
        lively.set_encodings(0)
        lively.request_update()
        assert lively.update() > 0


def _send_while_open(wire: clients.Wire, data: bytes) -> None:
    try:
        wire.socket.sendall(data)
    except OSError:
        pass  # closed before all of it was there


@pytest.mark.usefixtures("nothing_is_left")
def test_a_thousand_refusals_cost_no_memory(server: JupyterServer, papers: Papers) -> None:
    cheap = [ask for label, (_, ask) in REFUSED.items() if "10 MiB" not in label]

    def refuse(times: int) -> None:
        for number in range(times):
            cheap[number % len(cheap)](papers)

    refuse(4 * len(cheap))
    before = {process: process.memory_info().rss for process in processes(server)}
    refuse(1000)
    for process, rss in before.items():
        assert process.memory_info().rss - rss < 4 * MIB, process


def test_a_side_entrance_without_a_ticket_stays_shut(server: JupyterServer) -> None:
    """What jupyter-server-proxy lets through has no ticket to show."""
    headers = {"Authorization": f"token {server.token}"}

    def knock() -> None:
        with pytest.raises((Denied, Closed)):
            clients.connect(f"{server.url}desktop-websockify/", ["binary"], headers).message()

    knock()  # whatever the proxy makes for the first one
    before, connections = held(server), accepted(server)
    for _ in range(10):
        knock()
    assert_no_more_is_held(server, before)
    assert accepted(server) == connections


def test_a_side_entrance_for_another_origin_stays_shut(server: JupyterServer) -> None:
    browser, connections = log_in(server), accepted(server)
    ticket = server.ticket(client="websockify")
    url, cookie = f"{server.url}desktop-websockify/", {"Cookie": browser["Cookie"]}
    with pytest.raises(Denied) as denied:
        clients.connect(url, ["binary"], {**cookie, "Origin": EVIL})
    assert denied.value.status == 403
    assert accepted(server) == connections
    # Our own origin gets in with that ticket.
    wire = clients.connect(url, ["binary"], {**cookie, "Origin": server.address})
    with clients.Viewer(wire) as viewer:
        assert viewer.authenticate(ticket["password"]).width
