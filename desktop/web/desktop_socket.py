"""The door: where WebSocket requests are checked. The bridge answers them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import DesktopError
from . import handshake
from .handler import APIHandler, answers_errors


class SocketHandler(APIHandler):
    """The door: the WebSocket request is checked here and answered by the bridge."""

    needs_xsrf_token = False

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Refuse who is not logged in, rather than send a WebSocket client to a login form."""
        await super().prepare(_redirect_to_login=_redirect_to_login)
        if not self.current_user:
            raise web.HTTPError(403, "Who is not logged in is not authorized")

    @authorized
    @answers_errors
    async def get(self, name: str) -> None:
        """Check origin, request and ticket, and let the connection through."""
        if not self.check_origin():
            raise self.foreign_origin()
        head = handshake.request_head(self.request.headers)
        session = self.sessions.get(name)
        ticket = handshake.ticket(self.request.headers)
        admitted = await self.doorman.admit(session, ticket, self.user)
        self.doorman.let_through(self.detach(), admitted, head)


class NoSideEntranceHandler(APIHandler):
    """All there is of a side entrance that cannot be."""

    needs_xsrf_token = False

    def initialize(self, error: DesktopError) -> None:
        """Remember why."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Say why."""
        self.refuse(self._error)
