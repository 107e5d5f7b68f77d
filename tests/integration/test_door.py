"""Who is refused at the door, is told why, and never reaches a desktop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from tests import clients, servers
from tests.clients import Denied
from tests.integration.viewing import accepted, log_in, open_socket, view


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    with servers.running() as started:
        started.start_desktop()
        started.start_desktop("second")
        yield started


@pytest.fixture
def nobody_gets_in(server: servers.JupyterServer) -> Iterator[None]:
    """After the test no connection more has reached a display server than before."""
    before = accepted(server)
    yield
    # What had been let through would be there before this one, which is.
    with view(server):
        servers.until(lambda: accepted(server) > before, "the viewer in the log")
    assert accepted(server) == before + 1
    servers.until(lambda: server.session()["viewers"] == [], "no viewer left")


def denied(
    url: str, protocols: Sequence[str], headers: Mapping[str, str | None]
) -> tuple[int, str, str]:
    """Return status, reason and message of the answer to a WebSocket request."""
    with pytest.raises(Denied) as answer:
        clients.connect(url, protocols, headers)
    error = json.loads(answer.value.body)
    assert set(error) == {"message", "reason", "remedy", "command"}
    return answer.value.status, error["reason"], error["message"]


AUTHORISED = {"Authorization": f"token {servers.TOKEN}"}


@pytest.mark.usefixtures("nobody_gets_in")
@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, (403, "forbidden", "not authorized")),
        ({"Authorization": "token wrong"}, (403, "forbidden", "not authorized")),
        ({"Cookie": "username-localhost-1=forged"}, (403, "forbidden", "not authorized")),
        ({**AUTHORISED, "Upgrade": None}, (400, "bad-request", "does not ask for one")),
        ({**AUTHORISED, "Connection": None}, (400, "bad-request", "does not ask for one")),
        ({**AUTHORISED, "Connection": "close"}, (400, "bad-request", "does not ask for one")),
        ({**AUTHORISED, "Sec-WebSocket-Key": None}, (400, "bad-request", "16 bytes")),
        ({**AUTHORISED, "Sec-WebSocket-Version": "8"}, (400, "bad-request", "must be 13")),
        ({**AUTHORISED, "Sec-WebSocket-Protocol": None}, (403, "ticket-refused", "no ticket")),
        (
            {**AUTHORISED, "Sec-WebSocket-Protocol": "desktop.v1"},
            (403, "ticket-refused", "no ticket"),
        ),
        (
            {**AUTHORISED, "Sec-WebSocket-Protocol": "desktop.v1, ticket.invented"},
            (403, "ticket-refused", "not known here"),
        ),
    ],
)
def test_a_request_that_is_wrong(
    server: servers.JupyterServer, headers: Mapping[str, str | None], answer: tuple[int, str, str]
) -> None:
    ticket = server.ticket()
    url = f"{server.url}desktop/{ticket['socket_url']}"
    status, reason, message = denied(url, ticket["protocols"], headers)
    assert (status, reason) == answer[:2]
    assert answer[2] in message


@pytest.mark.usefixtures("nobody_gets_in")
@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("unknown", 404, "unknown-session"),
        ("..", 404, "unknown-session"),
        ("a%2F..%2Fdefault", 404, "unknown-session"),
        ("%00", 404, "unknown-session"),
        ("x" * 5000, 404, "unknown-session"),
        ("second", 403, "ticket-refused"),
    ],
)
def test_a_ticket_for_another_desktop(
    server: servers.JupyterServer, name: str, status: int, reason: str
) -> None:
    ticket = server.ticket()
    answer = denied(f"{server.url}desktop/socket/{name}", ticket["protocols"], AUTHORISED)
    assert answer[:2] == (status, reason)
    assert len(answer[2]) < 300


def test_a_used_ticket(server: servers.JupyterServer) -> None:
    before = accepted(server)
    ticket = server.ticket()
    open_socket(server, ticket).socket.close()
    servers.until(lambda: accepted(server) > before, "the first connection in the log")
    url = f"{server.url}desktop/{ticket['socket_url']}"
    assert denied(url, ticket["protocols"], AUTHORISED) == (
        403,
        "ticket-refused",
        "The ticket has been used.",
    )
    assert accepted(server) == before + 1


def test_an_expired_ticket(jupyter: Callable[..., servers.JupyterServer]) -> None:
    server = jupyter("--DesktopApp.ticket_lifetime=0.2")
    server.start_desktop()
    before = accepted(server)
    ticket = server.ticket()
    url = f"{server.url}desktop/{ticket['socket_url']}"
    # An attempt would use the ticket up, so the clock is watched instead.
    made = time.monotonic()
    servers.until(lambda: time.monotonic() - made > 0.3, "time passes")
    assert denied(url, ticket["protocols"], AUTHORISED)[2] == "The ticket has expired."
    assert accepted(server) == before


@pytest.mark.usefixtures("nobody_gets_in")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "http://"]
)
def test_a_page_of_another_origin(server: servers.JupyterServer, origin: str) -> None:
    browser = log_in(server)
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=browser)
    url = f"{server.url}desktop/socket/default"
    headers = {"Cookie": browser["Cookie"], "Origin": origin}
    status, reason, message = denied(url, ticket.json["protocols"], headers)
    assert (status, reason) == (403, "foreign-origin")
    assert origin in message


def test_our_own_page(server: servers.JupyterServer) -> None:
    browser = log_in(server)
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=browser)
    headers = {"Cookie": browser["Cookie"], "Origin": server.address}
    url = f"{server.url}desktop/socket/default"
    wire = clients.connect(url, ticket.json["protocols"], headers)
    with clients.Viewer(wire) as viewer:
        viewer.authenticate(ticket.json["password"])


def test_a_ticket_of_another_user(server: servers.JupyterServer) -> None:
    """Each login is a user of its own."""
    one, two = log_in(server), log_in(server)
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=one)
    before = accepted(server)
    headers = {"Cookie": two["Cookie"], "Origin": server.address}
    answer = denied(f"{server.url}desktop/socket/default", ticket.json["protocols"], headers)
    assert answer == (403, "ticket-refused", "The ticket is for another desktop or user.")
    assert accepted(server) == before


def test_a_post_of_another_page(server: servers.JupyterServer) -> None:
    """A cookie alone does not do: the XSRF token must come with it."""
    browser = log_in(server)
    for path in ("desktop/api/sessions", "desktop/api/sessions/default/ticket"):
        answer = server.call("POST", path, token=None, headers={"Cookie": browser["Cookie"]})
        assert (answer.status, answer.json["reason"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "desktop/api/sessions"),
        ("POST", "desktop/api/sessions"),
        ("GET", "desktop/api/sessions/default"),
        ("DELETE", "desktop/api/sessions/default"),
        ("POST", "desktop/api/sessions/default/restart"),
        ("GET", "desktop/api/sessions/default/events"),
        ("PUT", "desktop/api/sessions/default/geometry"),
        ("POST", "desktop/api/sessions/default/ticket"),
    ],
)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_the_api_without_a_login(
    server: servers.JupyterServer, method: str, path: str, token: str | None
) -> None:
    answer = server.call(method, path, token=token)
    assert (answer.status, answer.json["reason"]) == (403, "forbidden")
    assert answer.json["remedy"]
    assert server.session()["state"] == "running"


@pytest.mark.parametrize("path", ["desktop/", "desktop/sessions/second/", "desktop"])
def test_the_page_without_a_login_leads_to_it(server: servers.JupyterServer, path: str) -> None:
    answer = server.call("GET", path, token=None)
    assert answer.status == 302
    assert "/login?next=" in answer.headers["Location"]


def test_files_without_a_login(server: servers.JupyterServer) -> None:
    assert server.call("GET", "desktop/static/desktop.js", token=None).status in (302, 403)


def test_a_ticket_is_needed_where_there_is_no_token_at_all(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """With authentication switched off, the cookie still tells browsers apart."""
    server = jupyter("--IdentityProvider.token=", environment={"JUPYTER_TOKEN": ""})
    page = server.call("GET", "desktop/", token=None)
    cookies = [line.split(";")[0] for line in page.headers.get_all("Set-Cookie", [])]
    xsrf = next(pair.split("=", 1)[1] for pair in cookies if pair.startswith("_xsrf="))
    cookie = {"Cookie": "; ".join(cookies)}
    browser = {**cookie, "X-XSRFToken": xsrf}
    server.call("POST", "desktop/api/sessions", token=None, headers=browser)
    server.wait_for("running")
    ticket = server.call("POST", "desktop/api/sessions/default/ticket", token=None, headers=browser)
    url = f"{server.url}desktop/socket/default"
    assert denied(url, ["desktop.v1"], cookie)[:2] == (403, "ticket-refused")
    with clients.Viewer(clients.connect(url, ticket.json["protocols"], cookie)) as viewer:
        viewer.authenticate(ticket.json["password"])
