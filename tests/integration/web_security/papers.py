"""Requests and their credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import Any

from tests import clients, servers
from tests.clients import Denied
from tests.integration.viewing import accepted, log_in
from tests.servers import Answer, JupyterServer

API = "desktop/api/sessions"
EVIL = "https://evil.example"
OURS = "the server's own origin"
WEBSOCKET = "WebSocket"


@dataclass(frozen=True)
class Request:
    """A request; ``changed`` are headers in place of the usual ones, None for one left out."""

    method: str
    path: str
    body: bytes | None = None
    changed: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Papers:
    """The credentials sent with a request.

    ``login`` is "token", "wrong token", "cookie", "another user's cookie", "forged cookie", or
    empty. ``ticket`` is for the desktop "default": "script's" (issued for the token), "page's"
    (issued for the cookie), "used script's", "used page's", "expired", "invented", "no ticket" (the
    protocol alone) or "no protocol". ``xsrf`` is "own", "another user's", or empty.
    """

    login: str = ""
    ticket: str = "script's"
    origin: str = ""
    xsrf: str = ""


class Office:
    """All credentials for one server: two browsers, and tickets in every state."""

    def __init__(self, server: JupyterServer) -> None:
        self._server = server
        self._expired = server.ticket()
        self._issued = time.monotonic()
        self._browser, self._other = log_in(server), log_in(server)
        self._cookie = {"Cookie": self._browser["Cookie"]}
        self._used = {"script's": server.ticket(), "page's": self._page_s_ticket()}
        for ticket, login in (
            (self._used["script's"], _TOKEN),
            (self._used["page's"], self._cookie),
        ):
            before = accepted(server)
            url = f"{server.url}desktop/{ticket['socket_url']}"
            clients.connect(url, ticket["protocols"], login).socket.close()
            servers.until(lambda before=before: accepted(server) > before, "the viewer in the log")
        servers.until(lambda: not server.session()["viewers"], "no viewer")

    def send(self, request: Request, papers: Papers) -> Answer:
        """Send a request with those credentials; return the answer."""
        headers = {**self._login(papers), **self._origin(papers), **request.changed}
        if request.method != WEBSOCKET:
            sent = {name: value for name, value in headers.items() if value is not None}
            return self._server.call(
                request.method, request.path, request.body, token=None, headers=sent
            )
        try:
            with clients.connect(
                self._server.url + request.path, self._protocols(papers.ticket), headers
            ):
                return Answer(101, HTTPMessage(), b"")
        except Denied as denied:
            return Answer(denied.status, HTTPMessage(), denied.body)

    def _login(self, papers: Papers) -> dict[str, str]:
        shown = {
            "": {},
            "token": _TOKEN,
            "wrong token": {"Authorization": "token wrong"},
            "cookie": self._cookie,
            "another user's cookie": {"Cookie": self._other["Cookie"]},
            "forged cookie": {"Cookie": "username-localhost-1=forged"},
        }[papers.login]
        whose = {"": None, "own": self._browser, "another user's": self._other}[papers.xsrf]
        return {**shown, **({"X-XSRFToken": whose["X-XSRFToken"]} if whose else {})}

    def _origin(self, papers: Papers) -> dict[str, str]:
        origin = self._server.address if papers.origin == OURS else papers.origin
        return {"Origin": origin} if origin else {}

    def _protocols(self, ticket: str) -> list[str]:
        if ticket in ("no ticket", "no protocol", "invented"):
            return {"no ticket": [_PROTOCOL], "invented": [_PROTOCOL, "ticket.invented"]}.get(
                ticket, []
            )
        if ticket.startswith("used "):
            shown = self._used[ticket.removeprefix("used ")]
        elif ticket == "expired":
            shown = self._expired
            # An attempt would use up the ticket, so wait for its time.
            end = self._issued + shown["expires_in"] + 0.1
            servers.until(lambda: time.monotonic() > end, "time passes", 60)
        else:
            shown = self._server.ticket() if ticket == "script's" else self._page_s_ticket()
        protocols: list[str] = shown["protocols"]
        return protocols

    def _page_s_ticket(self) -> dict[str, Any]:
        answer = self._server.call(
            "POST", f"{API}/default/ticket", token=None, headers=self._browser
        )
        ticket: dict[str, Any] = answer.json
        return ticket


_PROTOCOL = "desktop.v1"
_TOKEN = {"Authorization": f"token {servers.TOKEN}"}
LONG = json.dumps({"name": "x" * (10 * 1024 * 1024)}).encode()
