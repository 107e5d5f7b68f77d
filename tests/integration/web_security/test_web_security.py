"""The web side: refused requests, requests to the bridge, and headers.

The tables are in ``refused``, ``raw_requests`` and ``answers``, one row per case.
docs/security.md says what the CVEs were about.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import requires, version
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import pytest

import jupyter_desktop
from tests import clients, servers
from tests.broken_frames import BROKEN
from tests.clients import Closed, Denied, Wire
from tests.integration.viewing import accepted, log_in, open_socket, session_processes, view
from tests.integration.web_security import raw_requests, refused
from tests.integration.web_security.answers import (
    ADDRESSES,
    FILES,
    OPEN_REDIRECTS,
    SCRIPT,
    WITH_A_SCRIPT,
    assert_strict,
)
from tests.integration.web_security.papers import API, EVIL, LONG, Office, Papers, Request
from tests.integration.web_security.refused import Refusal
from tests.servers import JupyterServer

MIB = 1024 * 1024
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    """A server with two desktops, after all its processes have started."""
    # Short enough to wait for, long enough for a busy machine.
    with servers.running("--DesktopApp.ticket_lifetime=20") as started:
        started.start_desktop()
        started.start_desktop("second")
        with view(started):
            pass
        servers.until(lambda: not started.session()["viewers"], "no viewer")
        yield started


@pytest.fixture(scope="module")
def office(server: JupyterServer) -> Office:
    return Office(server)


@pytest.fixture(scope="module")
def processes(server: JupyterServer) -> list[psutil.Process]:
    jupyter = psutil.Process(server.process.pid)
    bridge = server.process_of("jupyter_desktop.bridge")
    return [jupyter, bridge, *session_processes(server).values()]


def held(processes: list[psutil.Process]) -> dict[str, int]:
    """Return how many descriptors and threads each process has."""
    found = {}
    for process in processes:
        found[f"descriptors of {process.pid}"] = process.num_fds()
        found[f"threads of {process.pid}"] = process.num_threads()
    return found


def assert_no_more_is_held(processes: list[psutil.Process], before: Mapping[str, int]) -> None:
    def no_more() -> bool:
        now = held(processes)
        return all(now[key] <= before[key] for key in before)

    servers.until(no_more, f"as little as {before}")


@pytest.fixture
def nothing_is_left(
    server: JupyterServer, office: Office, processes: list[psutil.Process]
) -> Iterator[None]:
    """After the test everything is as before, and the owner can connect."""
    known = server.call("GET", API).json
    before, connections, log = held(processes), accepted(server), len(server.log)
    yield
    assert_no_more_is_held(processes, before)
    assert server.call("GET", API).json == known
    for word in ("Traceback", "Uncaught", "Logging error", "never retrieved"):
        assert word not in server.log[log:]
    assert accepted(server) == connections
    # An accepted connection would be logged before this one.
    with view(server) as viewer:
        assert viewer.width
        servers.until(lambda: accepted(server) > connections, "the viewer in the log")
    assert accepted(server) == connections + 1
    servers.until(lambda: server.session()["viewers"] == [], "no viewer left")


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize(("request_", "papers", "refusal"), refused.ROWS.values(), ids=refused.ROWS)
def test_a_refusal_leaves_only_its_lines_in_the_log(
    server: JupyterServer, office: Office, request_: Request, papers: Papers, refusal: Refusal
) -> None:
    log = len(server.log)
    answer = office.send(request_, papers)
    assert answer.status == refusal.status
    error = answer.json
    assert set(error) == {"message", "reason", "remedy", "command"}
    assert error["reason"] == refusal.reason
    assert refusal.says in error["message"]
    assert len(error["message"]) < 300
    assert error["remedy"] or refusal.reason != "forbidden"
    servers.until(lambda: "ms referer=" in server.log[log:], "the request in the log")
    lines = server.log[log:].splitlines()
    assert [("ms referer=" in line) for line in lines] == [False, True][-refusal.lines :], lines
    assert f" {refusal.status} " in lines[-1]
    assert all(len(line) < 500 + len(request_.path) for line in lines)


@pytest.mark.usefixtures("nothing_is_left")
def test_a_thousand_refusals_cost_no_memory(
    office: Office, processes: list[psutil.Process]
) -> None:
    cheap = [row[:2] for row in refused.ROWS.values() if row[0].body != LONG]

    def refuse(times: int) -> None:
        for number in range(times):
            office.send(*cheap[number % len(cheap)])

    refuse(4 * len(cheap))
    before = {process: process.memory_info().rss for process in processes}
    refuse(1000)
    for process, rss in before.items():
        assert process.memory_info().rss - rss < 4 * MIB, process


def test_our_own_page_is_accepted(server: JupyterServer) -> None:
    browser = log_in(server)
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=browser)
    headers = {"Cookie": browser["Cookie"], "Origin": server.address}
    url = f"{server.url}desktop/socket/default"
    wire = clients.connect(url, ticket.json["protocols"], headers)
    with clients.Viewer(wire) as viewer:
        viewer.authenticate(ticket.json["password"])


@pytest.mark.parametrize(
    "path", ["desktop/", "desktop/sessions/second/", "desktop", "desktop/static/desktop.js"]
)
def test_the_page_redirects_to_the_login(server: JupyterServer, path: str) -> None:
    answer = server.call("GET", path, token=None)
    assert answer.status == 302
    assert "/login?next=" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["desktop/socket/default", "desktop-websockify/"])
@pytest.mark.parametrize("credentials", [{}, {"Authorization": "token wrong"}])
def test_cve_2024_28179(server: JupyterServer, path: str, credentials: dict[str, str]) -> None:
    """jupyter-server-proxy before 3.2.3 and 4.1.1: WebSockets needed no login.

    Here not even a ticket gives access without a login.
    """
    before = accepted(server)
    ticket = server.ticket(client="websockify")
    with pytest.raises(Denied) as denied:
        clients.connect(server.url + path, ticket["protocols"], credentials)
    assert denied.value.status in (302, 403)
    assert accepted(server) == before
    # With a login the same ticket is accepted.
    headers = {"Authorization": f"token {server.token}"}
    with clients.connect(server.url + path, [*ticket["protocols"], "binary"], headers) as wire:
        assert wire.message() == b"RFB 003.008\n"


def test_the_side_entrance_refuses_a_connection_without_a_ticket(
    server: JupyterServer, processes: list[psutil.Process]
) -> None:
    """jupyter-server-proxy passes connections on without a ticket."""
    headers = {"Authorization": f"token {server.token}"}

    def knock() -> None:
        with pytest.raises((Denied, Closed)):
            clients.connect(f"{server.url}desktop-websockify/", ["binary"], headers).message()

    knock()  # the proxy may allocate something for the first one
    before, connections = held(processes), accepted(server)
    for _ in range(10):
        knock()
    assert_no_more_is_held(processes, before)
    assert accepted(server) == connections


def test_the_side_entrance_refuses_another_origin(server: JupyterServer) -> None:
    browser, connections = log_in(server), accepted(server)
    ticket = server.ticket(client="websockify")
    url, cookie = f"{server.url}desktop-websockify/", {"Cookie": browser["Cookie"]}
    with pytest.raises(Denied) as denied:
        clients.connect(url, ["binary"], {**cookie, "Origin": EVIL})
    assert denied.value.status == 403
    assert accepted(server) == connections
    # Our own origin is accepted with that ticket.
    wire = clients.connect(url, ["binary"], {**cookie, "Origin": server.address})
    with clients.Viewer(wire) as viewer:
        assert viewer.authenticate(ticket["password"]).width


def test_a_frame_that_breaks_the_protocol_ends_only_its_connection(
    server: JupyterServer, processes: list[psutil.Process]
) -> None:
    bridge = server.process_of("jupyter_desktop.bridge")
    with view(server) as lively:
        before, log = held(processes), len(server.log)
        for label, (sent, code) in BROKEN.items():
            with open_socket(server, server.ticket()) as wire:
                wire.message()
                send_while_open(wire, sent)
                assert wire.closing().code == code, label
        servers.until(lambda: len(server.session()["viewers"]) == 1, "one viewer")
        assert_no_more_is_held(processes, before)
        assert server.process_of("jupyter_desktop.bridge") == bridge
        assert "Traceback" not in server.log[log:]
        lively.set_encodings(0)
        lively.request_update()
        assert lively.update() > 0


def send_while_open(wire: Wire, data: bytes) -> None:
    try:
        wire.socket.sendall(data)
    except OSError:
        pass  # closed before all of it was there


@pytest.mark.parametrize(
    ("line", "changed", "statuses"), raw_requests.REFUSED.values(), ids=raw_requests.REFUSED
)
def test_a_malformed_upgrade_request_is_refused(
    server: JupyterServer,
    line: bytes,
    changed: dict[bytes, Sequence[bytes]],
    statuses: Sequence[int | None],
) -> None:
    before, log = accepted(server), len(server.log)
    raw = raw_requests.request(server, changed, line)
    with Wire(clients.dial(server.url)) as wire:
        send_while_open(wire, raw)
        assert status(wire) in statuses
    assert not server.session()["viewers"]
    assert accepted(server) == before
    assert "Traceback" not in server.log[log:]


def status(wire: Wire) -> int | None:
    """Return the status that is answered; None if the connection is closed without one."""
    try:
        return int(wire.head().split()[1])
    except Closed:
        return None


@pytest.mark.parametrize("changed", raw_requests.HARMLESS.values(), ids=raw_requests.HARMLESS)
def test_a_harmless_upgrade_request_is_accepted_and_not_echoed(
    server: JupyterServer, changed: dict[bytes, Sequence[bytes]]
) -> None:
    with Wire(clients.dial(server.url)) as wire:
        wire.socket.sendall(raw_requests.request(server, changed))
        first, *lines = wire.head().splitlines()
        answered = dict(line.split(": ", 1) for line in lines)
        assert first == "HTTP/1.1 101 Switching Protocols"
        assert len(lines) == len(answered)
        assert answered == {
            "Server": "jupyter-desktop ",
            "Date": answered["Date"],
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": base64.b64encode(
                hashlib.sha1(raw_requests.KEY + GUID).digest()
            ).decode(),
            "Sec-WebSocket-Protocol": "desktop.v1",
        }
        assert wire.message() == b"RFB 003.008\n"


def test_bytes_after_an_upgrade_request_are_neither_request_nor_frame(
    server: JupyterServer,
) -> None:
    """A second request in the same packet, alone or as the body of the first."""
    hidden = b"GET /desktop/api/sessions?hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
    length = f"Content-Length: {len(hidden)}".encode()
    for changed in ({}, {b"X": [length]}):
        log = len(server.log)
        with Wire(clients.dial(server.url)) as wire:
            wire.socket.sendall(raw_requests.request(server, changed) + hidden)
            assert status(wire) == 101
            assert wire.message() == b"RFB 003.008\n"
            wire.send(b"")
            assert wire.message() == b""
        servers.until(lambda: not server.session()["viewers"], "no viewer")
        assert "hidden" not in server.log[log:]


@pytest.mark.usefixtures("nothing_is_left")
def test_no_path_leads_out_of_the_served_folders(server: JupyterServer) -> None:
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
def test_the_files_themselves_are_served(server: JupyterServer, path: str) -> None:
    """This shows that the addresses of the test above have the right form."""
    assert server.call("GET", f"desktop/{path}").status == 200


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES.values(), ids=ADDRESSES)
def test_every_answer_has_strict_headers(
    server: JupyterServer, method: str, path: str, status: int
) -> None:
    answer = server.call(method, path)
    assert answer.status == status
    assert_strict(answer)


@pytest.mark.needs("xpra")
def test_a_script_of_xpra_has_strict_headers(server: JupyterServer) -> None:
    test_every_answer_has_strict_headers(server, "GET", "desktop/xpra/js/Client.js", 200)


def test_the_page_runs_only_its_own_scripts(server: JupyterServer) -> None:
    page = server.call("GET", "desktop/")
    assert assert_strict(page)["script-src"] == "'self'"
    code = re.findall(
        r"<script(?! type=\"application/json\")[^>]*>([^<]*)</script>", page.body.decode()
    )
    assert code == [""]
    assert not re.search(r"<[^>]* (on\w+|style)=", page.body.decode())


def test_error_pages_have_no_inline_script_or_style(server: JupyterServer) -> None:
    """Jupyter's error page has an inline script and style."""
    for path in ("desktop/static/nothing.js", "desktop/xpra/index.html"):
        page = server.call("GET", path).body.decode()
        assert "404: Not Found" in page
        assert "<script" not in page
        assert "<style" not in page


@pytest.mark.parametrize(("path", "ours"), WITH_A_SCRIPT.items())
def test_cve_2024_35225(server: JupyterServer, path: str, ours: int | None) -> None:
    """jupyter-server-proxy before 3.2.4 and 4.2.0: an error had the host's name as HTML."""
    answer = server.call("GET", path.format(quote(SCRIPT, safe="")))
    assert answer.status >= 300
    if ours:
        assert answer.status == ours
        assert_strict(answer)
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
        # Tornado refuses an invalid host with an empty body.
        assert denied.value.body == b"" or json.loads(denied.value.body)["message"]


@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("path", OPEN_REDIRECTS)
def test_cve_2021_3654(server: JupyterServer, path: str, login: bool) -> None:
    """noVNC's server, websockify on Python's http.server: a redirect to anywhere."""
    # The side entrance is websockify, which would answer with a ticket.
    server.ticket(client="websockify")
    answer = server.call("GET", path, token=server.token if login else None)
    location = urlsplit(answer.headers.get("Location", ""))
    assert location.netloc in ("", f"localhost:{server.port}")
    assert not location.path.startswith(("//", "/\\"))
    assert answer.status in ((302, 403, 404, 405) if login else (302, 403, 404))


@pytest.mark.parametrize(
    "path", ["desktop", "desktop/", "desktop/sessions/a%20b/", "desktop/?backend=no"]
)
def test_no_answer_leaves_the_token_in_the_address(server: JupyterServer, path: str) -> None:
    token = ("&" if "?" in path else "?") + f"token={server.token}"
    answer = server.call("GET", path + token, token=None)
    while answer.status == 302:
        location = answer.headers["Location"]
        cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        headers = {"Cookie": "; ".join(cookies)}
        answer = server.call("GET", location.removeprefix("/"), token=None, headers=headers)
    assert "token" not in location


def test_jupyter_server_proxy_is_new_enough() -> None:
    """Here, and in the package's requirements."""
    assert tuple(map(int, version("jupyter-server-proxy").split(".")[:2])) >= (4, 3)
    assert "jupyter-server-proxy>=4.3" in (requires("jupyter-desktop") or [])


# -- with other settings, or another desktop


def framed_by(ancestors: str) -> str:
    """Return Jupyter's setting with ``ancestors`` that may frame its pages."""
    policy = f"default-src *; frame-ancestors {ancestors}; report-uri /reports"
    headers = {"headers": {"Content-Security-Policy": policy}}
    return f"--ServerApp.tornado_settings={headers}"


HUB = "https://hub.example 'self'"
NO_PAGE = "'none'"


@pytest.fixture(scope="module")
def open_to_all() -> Iterator[JupyterServer]:
    """A server without a token."""
    environment = {"JUPYTER_TOKEN": ""}
    with servers.running(
        "--IdentityProvider.token=", framed_by(HUB), environment=environment
    ) as started:
        yield started


@pytest.fixture(scope="module")
def called_like_a_script() -> Iterator[JupyterServer]:
    with servers.running(f"--DesktopApp.title={SCRIPT}", framed_by(NO_PAGE)) as started:
        yield started


@pytest.mark.parametrize(
    ("which", "ancestors"), [("called_like_a_script", NO_PAGE), ("open_to_all", HUB)]
)
def test_frame_ancestors_follow_jupyter_s_setting(
    request: pytest.FixtureRequest, which: str, ancestors: str
) -> None:
    server: JupyterServer = request.getfixturevalue(which)
    for path in ("desktop/", "desktop/api/sessions", "desktop/static/desktop.js"):
        assert_strict(server.call("GET", path), ancestors)


def test_a_ticket_is_needed_even_without_a_token(open_to_all: JupyterServer) -> None:
    """Without authentication the cookie still identifies browsers."""
    server = open_to_all
    page = server.call("GET", "desktop/", token=None)
    cookies = [line.split(";")[0] for line in page.headers.get_all("Set-Cookie", [])]
    xsrf = next(pair.split("=", 1)[1] for pair in cookies if pair.startswith("_xsrf="))
    cookie = {"Cookie": "; ".join(cookies)}
    browser = {**cookie, "X-XSRFToken": xsrf}
    server.call("POST", "desktop/api/sessions", token=None, headers=browser)
    server.wait_for("running")
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=browser)
    url = f"{server.url}desktop/socket/default"
    with pytest.raises(Denied) as denied:
        clients.connect(url, ["desktop.v1"], cookie)
    assert denied.value.status == 403
    assert json.loads(denied.value.body)["reason"] == "ticket-refused"
    with clients.Viewer(clients.connect(url, ticket.json["protocols"], cookie)) as viewer:
        viewer.authenticate(ticket.json["password"])


def test_cve_2017_18635(called_like_a_script: JupyterServer) -> None:
    """noVNC before 0.6.2: the VNC server's name was shown as HTML.

    The page is tested in tests/browser/test_hostile_text.py.
    """
    server = called_like_a_script
    server.start_desktop()
    ticket = server.ticket()
    with clients.Viewer(open_socket(server, ticket)) as viewer:
        assert viewer.authenticate(ticket["password"]).name == SCRIPT
    page = server.call("GET", "desktop/").body.decode()
    assert "<img src=x" not in page
    assert html.escape(SCRIPT) in page
    # No script, noVNC's included, creates HTML from text.
    for script in (Path(jupyter_desktop.__file__).parent / "static").glob("*.js"):
        assert not re.search(
            "innerHTML|outerHTML|insertAdjacentHTML|document.write", script.read_text()
        )


def test_a_wrong_setting_is_escaped_on_the_error_page(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter("--DesktopApp.clipboard=<img src=x>")
    answer = server.call("GET", "desktop/")
    assert answer.status == 500
    assert_strict(answer)
    assert "&lt;img src=x&gt;" in answer.body.decode()
    assert "<img" not in answer.body.decode()


@pytest.mark.parametrize("backend", ["vnc", "xpra"])
def test_cve_2025_32428(server: JupyterServer, backend: str) -> None:
    """jupyter-remote-desktop-proxy 3.0.0: TigerVNC could be reached over the network."""
    if backend == "xpra":
        server.start_desktop("of-xpra", backend="xpra")
    listening = {
        (process.pid, one.laddr.port)
        for process in server.processes()
        for one in process.net_connections("inet")
        if one.status == "LISTEN" or one.type == socket.SOCK_DGRAM
    }
    # Only Jupyter listens, once for each address of "localhost".
    assert listening == {(server.process.pid, server.port)}
    numbers = [int(display[1:]) for display in server.displays()]
    desktops = 3 if backend == "xpra" else 2
    assert len(numbers) == desktops
    for base in (5800, 5900, 6000):
        for number in numbers:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", base + number), 5)
    folders = [path.parent for path in server.runtime.glob("jd-*/display.sock")]
    assert len(folders) == desktops
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
