"""Page, files, API, and the door: authentication, origin, nothing else."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from . import __version__, upgrade
from .doorman import Doorman
from .errors import BadRequest, DesktopError, Refused
from .sessions import DesktopSession, Sessions, check_name

_DEFAULT = "default"
_NAME = r"([^/]+)"
_KEEP_ALIVE = 15.0  # seconds between comments on an event stream; proxies cut at 60
_LARGEST_BODY = 64 * 1024

_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None]])


def routes(static: Path) -> list[tuple[Any, ...]]:
    """Return our URL patterns, relative to Jupyter's base URL."""
    return [
        (r"/desktop", SlashHandler),
        (r"/desktop/", PageHandler, {"static": static}),
        (rf"/desktop/sessions/{_NAME}/", PageHandler, {"static": static}),
        (r"/desktop/static/(.+)", FilesHandler, {"path": str(static)}),
        (r"/desktop/api/sessions", SessionsHandler),
        (rf"/desktop/api/sessions/{_NAME}", SessionHandler),
        (rf"/desktop/api/sessions/{_NAME}/restart", RestartHandler),
        (rf"/desktop/api/sessions/{_NAME}/events", EventsHandler),
        (rf"/desktop/api/sessions/{_NAME}/ticket", TicketHandler),
        (rf"/desktop/socket/{_NAME}", SocketHandler),
    ]


def answers_errors(method: _Method) -> _Method:
    """Answer a ``DesktopError`` that ``method`` raises, as JSON."""

    @functools.wraps(method)
    async def wrapper(self: Any, *arguments: Any, **keywords: Any) -> None:
        try:
            await method(self, *arguments, **keywords)
        except DesktopError as error:
            self.log.warning("%s %s: %s", self.request.method, self.request.path, error)
            self.set_status(error.status)
            self.set_header("Content-Type", "application/json")
            await self.finish(json.dumps(error.as_json()))

    return wrapper  # type: ignore[return-value]


class _Common:
    """What all handlers know. Access is for Jupyter's authorizer to grant, to "desktop"."""

    auth_resource = "desktop"
    settings: dict[str, Any]

    @property
    def doorman(self) -> Doorman:
        doorman: Doorman = self.settings["desktop_doorman"]
        return doorman

    @property
    def sessions(self) -> Sessions:
        return self.doorman.sessions

    @property
    def user(self) -> str:
        """Who asks; empty for a bare token, to which Jupyter gives a new name each time."""
        anonymous = self.token_authenticated  # type: ignore[attr-defined]
        return "" if anonymous else self.current_user.username  # type: ignore[attr-defined]

    def set_default_headers(self) -> None:
        super().set_default_headers()  # type: ignore[misc]
        self.set_header("Referrer-Policy", "same-origin")  # type: ignore[attr-defined]
        self.set_header("Cache-Control", "no-store")  # type: ignore[attr-defined]


class SlashHandler(_Common, JupyterHandler):
    """`/desktop`, for those who leave out the slash; relative addresses need it."""

    @web.authenticated
    def get(self) -> None:
        """Redirect to `/desktop/`."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(url_path_join(self.base_url, "desktop/") + query)


class PageHandler(_Common, ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
    """The page of one desktop."""

    def initialize(self, name: str, static: Path) -> None:
        """Remember where the page's files are, to tell browsers their version."""
        super().initialize(name)
        self._static = static

    @property
    def content_security_policy(self) -> str:
        """Nothing but our own files; who may frame the page is Jupyter's setting."""
        frame_ancestors = [
            directive
            for directive in super().content_security_policy.split(";")
            if directive.strip().startswith("frame-ancestors")
        ]
        return "; ".join(
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' data: blob:",
                "connect-src 'self'",
                "font-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                *(directive.strip() for directive in frame_ancestors),
            ]
        )

    @web.authenticated
    @authorized
    @answers_errors
    async def get(self, session: str = _DEFAULT) -> None:
        """Send the page; it starts the desktop itself."""
        check_name(session)
        if "token" in self.request.query_arguments:
            # The login cookie is set by now, and the token stays out of the browser's history.
            self.redirect(self.request.path)
            return
        root = "./" if self.request.path.endswith("/desktop/") else "../../"
        await self.finish(
            self.render_template(
                "desktop.html",
                page_data=self._page_data(session, root),
                static_url=functools.partial(self._file_address, root),
                title=self.settings["desktop_app"].title,
                session=session,
                backend=self.settings["desktop_app"].backend,
            )
        )

    def _page_data(self, session: str, root: str) -> dict[str, Any]:
        """Return what the script must know; its addresses are relative to the page."""
        app = self.settings["desktop_app"]
        return {
            "session": session,
            "backend": app.backend,
            "title": app.title,
            "root": root,
            "xsrf": self.xsrf_token.decode(),
            "lab": f"{root}../lab" if "jupyterlab" in self._extensions() else None,
            "hub": self._hub_address(),
            "login": f"{self.get_login_url()}?next={self.request.path}",
            "clipboard": app.clipboard,
            "version": __version__,
        }

    def _extensions(self) -> dict[str, Any]:
        extensions: dict[str, Any] = self.extensionapp.serverapp.extension_manager.extensions
        return extensions

    def _hub_address(self) -> str | None:
        prefix = self.settings.get("hub_prefix")
        return url_path_join(prefix, "home") if prefix else None

    def _file_address(self, root: str, name: str) -> str:
        """Return the address of a file of the page, which changes when the file does."""
        version = web.StaticFileHandler.get_content_version(str(self._static / name))
        return f"{root}static/{name}?v={version[:16]}"


class FilesHandler(_Common, JupyterHandler, web.StaticFileHandler):
    """The files of the page."""

    def set_default_headers(self) -> None:
        """Leave caching to Tornado: for ever with `?v=`, else by ETag."""
        super().set_default_headers()
        self.clear_header("Cache-Control")

    @web.authenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file."""
        await web.StaticFileHandler.get(self, path, include_body)

    @web.authenticated
    async def head(self, path: str) -> None:
        """Send a file's headers."""
        await web.StaticFileHandler.get(self, path, include_body=False)


class _DesktopAPIHandler(_Common, APIHandler):
    """An API handler whose errors all have our form."""

    def write_error(self, status_code: int, **keywords: Any) -> None:
        """Answer what Jupyter refuses (no login, foreign origin, no XSRF token)."""
        error = keywords.get("exc_info", (None, None, None))[1]
        message = getattr(error, "log_message", None) or f"{status_code} {self._reason}"
        self.finish(json.dumps(_refusal(status_code, message).as_json()))

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
        if not isinstance(value, str) or len(value) > 128:
            raise BadRequest(f"{key!r} must be a short string.")
        return value

    async def finish_json(self, value: Any, status: int = 200) -> None:
        """Answer with ``value``."""
        self.set_status(status)
        await self.finish(json.dumps(value))


class SessionsHandler(_DesktopAPIHandler):
    """All desktops of this server."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them."""
        await self.finish_json({"sessions": [one.as_json() for one in self.sessions.all()]})

    @web.authenticated
    @authorized
    @answers_errors
    async def post(self) -> None:
        """Start the one called ``name``, if it does not live."""
        self.doorman.open()
        session, started = await self.sessions.start(self.text("name", _DEFAULT))
        await self.finish_json(session.as_json(), 201 if started else 200)


class SessionHandler(_DesktopAPIHandler):
    """One desktop."""

    @web.authenticated
    @authorized
    @answers_errors
    async def get(self, name: str) -> None:
        """Say how it is."""
        await self.finish_json(self.sessions.get(name).as_json())

    @web.authenticated
    @authorized
    @answers_errors
    async def delete(self, name: str) -> None:
        """Stop it."""
        await self.sessions.stop(name)
        self.set_status(204)
        await self.finish()


class RestartHandler(_DesktopAPIHandler):
    """Stop, then start."""

    @web.authenticated
    @authorized
    @answers_errors
    async def post(self, name: str) -> None:
        """End the desktop if it lives, and start it anew."""
        self.doorman.open()
        await self.finish_json((await self.sessions.restart(name)).as_json())


class EventsHandler(_DesktopAPIHandler):
    """What happens to a desktop, as server-sent events (HTML Standard, section 9.2)."""

    _track_activity = False

    @web.authenticated
    @authorized
    @answers_errors
    async def get(self, name: str) -> None:
        """Stream states and log lines until the browser leaves."""
        session = self.sessions.get(name)
        self.set_header("Content-Type", "text/event-stream")
        # nginx would hold events back to fill a buffer.
        self.set_header("X-Accel-Buffering", "no")
        try:
            await self._stream(session)
        except StreamClosedError:
            pass

    async def _stream(self, session: DesktopSession) -> None:
        async with session.subscribe() as events:
            while True:
                try:
                    event, data = await asyncio.wait_for(events.get(), _KEEP_ALIVE)
                    self.write(f"event: {event}\ndata: {json.dumps(data)}\n\n")
                except asyncio.TimeoutError:
                    self.write(": still here\n\n")
                await self.flush()


class TicketHandler(_DesktopAPIHandler):
    """Tickets for one desktop."""

    @web.authenticated
    @authorized
    @answers_errors
    async def post(self, name: str) -> None:
        """Issue a ticket with what the page needs to connect once."""
        session = self.sessions.get(name)
        session.check_reachable()
        ticket = self.doorman.tickets.issue(name, self.user, self.text("client", ""))
        await self.finish_json(
            {
                "socket_url": f"socket/{name}",
                "protocols": upgrade.protocols(ticket.id),
                "backend": session.backend,
                "password": ticket.password,
                "expires_in": self.doorman.tickets.lifetime,
            }
        )


class SocketHandler(_Common, JupyterHandler):
    """The door: the WebSocket request is checked here and answered by the bridge."""

    async def prepare(self) -> None:
        """Refuse who is not logged in, rather than send a WebSocket client to a login form."""
        await super().prepare(_redirect_to_login=False)

    write_error = _DesktopAPIHandler.write_error

    @authorized
    @answers_errors
    async def get(self, name: str) -> None:
        """Check origin, request and ticket, and let the connection through."""
        if not self.check_origin():
            raise _refusal(403, f"Connections from {self.request.headers.get('Origin')}")
        head = upgrade.request_head(self.request.headers)
        self.sessions.get(name)
        shown = upgrade.ticket(self.request.headers)
        ticket = self.doorman.tickets.use(shown, name, self.user)
        target = await self.doorman.connect(ticket)
        self.doorman.let_through(self.detach(), target, ticket, head)


def _refusal(status: int, message: str) -> DesktopError:
    """Return the error for what Jupyter itself refuses."""
    error = Refused(
        f"{message}.".replace("..", "."),
        remedy="Log in to Jupyter, and open the desktop from there."
        if status in (401, 403)
        else None,
    )
    error.status = status
    error.reason = "forbidden" if status in (401, 403) else f"http-{status}"
    return error
