"""The WebSocket endpoint: checks requests, which the bridge answers."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import DesktopError
from . import handshake
from .handler import APIHandler, answers_errors


class SocketHandler(APIHandler):
    """Checks a WebSocket request; the bridge answers it."""

    needs_xsrf_token = False

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Refuse requests without a login; Jupyter would redirect them to a login form."""
        await super().prepare(_redirect_to_login=_redirect_to_login)
        if not self.current_user:
            raise web.HTTPError(403, "Not logged in.")

    @authorized
    @answers_errors
    async def get(self, name: str) -> None:
        """Check origin, request and ticket, and hand the connection to the bridge."""
        if not self.check_origin():
            raise self.foreign_origin()
        head = handshake.request_head(self.request.headers)
        session = self.sessions.get(name)
        ticket = handshake.ticket(self.request.headers)
        admitted = await self.doorman.admit(session, ticket, self.user)
        self.doorman.let_through(self.detach(), admitted, head)


class NoSideEntranceHandler(APIHandler):
    """Answers `/desktop-websockify/` if no folder is safe for its socket."""

    needs_xsrf_token = False

    def initialize(self, error: DesktopError) -> None:
        """Store ``error``, the reason."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Answer with the error."""
        self.refuse(self._error)
