"""The JSON API: sessions, their events, and tickets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler as JupyterAPIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from ..admission.shares import Share
from ..backends import check_backend, check_geometry
from ..desktops.desktop_session import DesktopSession
from ..desktops.plans import Wish
from ..desktops.sessions import DEFAULT_SESSION
from ..errors import BadRequest, NotPermitted, not_permitted
from ..system.access import Access
from ..system.session_messages import Log
from ..system.streams import DESKTOP, VIDEO
from . import handshake
from .handler import APIHandler, answers_errors, for_readers, for_writers

_KEEP_ALIVE = 15.0  # seconds between comments on an event stream; proxies cut at 60
_LARGEST_BODY = 64 * 1024
_LONGEST_TEXT = 128


class DesktopAPIHandler(APIHandler, JupyterAPIHandler):
    """An API handler whose errors are all JSON of a ``DesktopError``."""

    # A page sends requests without its user; ``activity`` defines the use of a desktop.
    _track_activity = False

    def write_error(self, status_code: int, **keywords: Any) -> None:
        """Answer an HTTP error (Tornado calls this).

        Jupyter refuses pages of other servers with 404; our own 404s are ``DesktopError``s.
        """
        if status_code == 404:
            self.refuse(self.foreign_origin())
        else:
            super().write_error(status_code, **keywords)

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object; raises ``BadRequest``."""
        if len(self.request.body) > _LARGEST_BODY:
            raise BadRequest("The request is too long.", remedy="Send a short JSON object.")
        try:
            values = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise BadRequest(
                "The request is not JSON.", remedy='Send an object such as {"name": "default"}.'
            ) from error
        if not isinstance(values, dict):
            raise BadRequest("The request is not a JSON object.")
        return values

    def text(self, key: str, otherwise: str) -> str:
        """Return a string of the request's JSON object; raises ``BadRequest``."""
        value = self.body().get(key, otherwise)
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise BadRequest(f"{key!r} must be a short string.")
        return value

    def wish(self) -> Wish:
        """Return the start request; raises ``BadRequest``."""
        geometry, backend = self.text("geometry", ""), self.text("backend", "")
        placement = self.text("placement", "")
        return Wish(
            geometry=check_geometry(geometry) if geometry else "",
            backend=check_backend(backend) if backend else "",
            application=self.text("application", ""),
            placement=self.site.planner.places.check(placement) if placement else "",
            options=self._options(),
        )

    def _options(self) -> dict[str, str]:
        """Return the values chosen for the placement's options; raises ``BadRequest``."""
        options = self.body().get("options", {})
        if not isinstance(options, dict) or not all(
            isinstance(value, str) and len(value) <= _LONGEST_TEXT for value in options.values()
        ):
            raise BadRequest("'options' must be an object of short strings.")
        return options

    async def share_shown(self, session: DesktopSession) -> Share | None:
        """Return the share of the request; None without one, which needs write permission.

        Raises ``ShareEnded``, or ``NotPermitted`` for a user whom Jupyter lets read, but not write.
        """
        identifier = self.text("share", "")
        if identifier:
            return self.doorman.share_shown(session, identifier)
        may_write = self.authorizer.is_authorized(
            self, self.current_user, "write", self.auth_resource
        )
        if not await ensure_async(may_write):
            raise not_permitted()
        return None

    async def finish_json(self, value: Any, status: int = 200) -> None:
        """Answer with ``value``."""
        self.set_status(status)
        await self.finish(json.dumps(value))


class SessionsHandler(DesktopAPIHandler):
    """All desktops of this server."""

    @web.authenticated
    @for_readers
    async def get(self) -> None:
        """List the sessions."""
        await self.finish_json({"sessions": [one.as_json() for one in self.sessions.all()]})

    @web.authenticated
    @for_writers
    @answers_errors
    async def post(self) -> None:
        """Start the session called ``name``, if it does not run."""
        self.doorman.open()
        wish = self.wish()
        name = self.text("name", wish.application or DEFAULT_SESSION)
        session, started = await self.sessions.start(name, wish)
        await self.finish_json(session.as_json(), 201 if started else 200)


class SessionHandler(DesktopAPIHandler):
    """One desktop."""

    @web.authenticated
    @for_readers
    @answers_errors
    async def get(self, name: str) -> None:
        """Send its state."""
        await self.finish_json(self.sessions.get(name).as_json())

    @web.authenticated
    @for_writers
    @answers_errors
    async def delete(self, name: str) -> None:
        """Stop it."""
        await self.sessions.stop(name)
        self.set_status(204)
        await self.finish()


class RestartHandler(DesktopAPIHandler):
    """Stop, then start."""

    @web.authenticated
    @for_writers
    @answers_errors
    async def post(self, name: str) -> None:
        """End the desktop if it runs, and start it again."""
        self.doorman.open()
        session = await self.sessions.restart(name, self.wish())
        await self.finish_json(session.as_json())


class GeometryHandler(DesktopAPIHandler):
    """The size of one desktop."""

    @web.authenticated
    @for_readers
    @answers_errors
    async def put(self, name: str) -> None:
        """Resize the desktop, for display servers whose own protocol has no message for it."""
        session = self.sessions.get(name)
        share = await self.share_shown(session)
        if share and share.access is not Access.FULL:
            raise NotPermitted(
                "This link is view-only.", remedy="Ask the owner for a link with full access."
            )
        session.resize(check_geometry(self.text("geometry", "")))
        self.set_status(204)
        await self.finish()


class EventsHandler(DesktopAPIHandler):
    """Events of a desktop, as server-sent events (HTML Standard, section 9.2)."""

    @web.authenticated
    @for_readers
    @answers_errors
    async def get(self, name: str) -> None:
        """Stream states and log lines until the browser disconnects."""
        session = self.sessions.get(name)
        self.set_header("Content-Type", "text/event-stream")
        # nginx would buffer events.
        self.set_header("X-Accel-Buffering", "no")
        try:
            await self._stream(session)
        except StreamClosedError:
            pass

    async def _stream(self, session: DesktopSession) -> None:
        async with session.subscribe() as events:
            while True:
                try:
                    news = await asyncio.wait_for(events.get(), _KEEP_ALIVE)
                    if isinstance(news, Log):
                        self._write_event("log", asdict(news))
                    else:
                        self._write_event("state", news.as_json())
                except asyncio.TimeoutError:
                    self.write(": still here\n\n")
                await self.flush()

    def _write_event(self, event: str, data: dict[str, Any]) -> None:
        self.write(f"event: {event}\ndata: {json.dumps(data)}\n\n")


class TicketHandler(DesktopAPIHandler):
    """Tickets for one desktop."""

    @web.authenticated
    @for_readers
    @answers_errors
    async def post(self, name: str) -> None:
        """Issue a ticket, with all values that the page needs to connect once."""
        session = self.sessions.get(name)
        share = await self.share_shown(session)
        stream = self.text("stream", DESKTOP)
        if stream == VIDEO:
            await session.check_video()
        ticket = self.doorman.issue(
            session,
            share,
            user=self.user,
            name=self.user_name,
            client=self.text("client", ""),
            stream=stream,
        )
        await self.finish_json(
            {
                "socket_url": f"socket/{name}",
                "opens_within": session.opens_within,
                "protocols": handshake.protocols(ticket.id),
                "backend": session.backend,
                "access": ticket.access,
                "viewer": session.viewers.number(ticket.page),
                "password": ticket.password,
                "key": session.key(ticket.access),
                "expires_in": self.doorman.ticket_lifetime,
            }
        )
