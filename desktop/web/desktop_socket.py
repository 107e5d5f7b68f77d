"""The door: where WebSocket requests are checked. The bridge answers them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from ..errors import DesktopError
from . import handshake
from .handler import Common, JSONErrors, NoXSRFCheck, answers_errors


class SocketHandler(NoXSRFCheck, JSONErrors, Common, JupyterHandler):
    """The door: the WebSocket request is checked here and answered by the bridge."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse who is not logged in, rather than send a WebSocket client to a login form."""
        await super().prepare(_redirect_to_login=False)
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


class NoSideEntranceHandler(NoXSRFCheck, JSONErrors, Common, JupyterHandler):
    """All there is of a side entrance that cannot be."""

    def initialize(self, error: DesktopError) -> None:
        """Remember why."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Say why."""
        self.refuse(self._error)
