"""HTTP handlers for page, files, API and WebSocket: authentication and origin only."""

from __future__ import annotations

import re
from typing import Any

from tornado.routing import URLSpec

from ..errors import DesktopError
from ..site import BrokenSite, Site
from .api import (
    EventsHandler,
    GeometryHandler,
    RestartHandler,
    SessionHandler,
    SessionsHandler,
    TicketHandler,
)
from .desktop_socket import NoSideEntranceHandler, SocketHandler
from .files import STATIC, FilesHandler, XpraClientHandler
from .icons import IconHandler
from .misplaced import OutsideHandler, WrongSettingsHandler
from .page import DesktopPageHandler, SlashHandler
from .sharing import ShareHandler, SharesHandler, ViewerHandler

_NAME = r"([^/]+)"

_PAGE_ROUTES: list[tuple[Any, ...]] = [
    (r"/desktop", SlashHandler),
    (r"/desktop/", DesktopPageHandler, {"root": "./"}),
    (rf"/desktop/sessions/{_NAME}/", DesktopPageHandler, {"root": "../../"}),
    (r"/desktop/static/(.+)", FilesHandler, {"path": str(STATIC)}),
    (rf"/desktop/icons/{_NAME}", IconHandler),
    (r"/desktop/xpra/(.+)", XpraClientHandler),
]

_API_ROUTES: list[tuple[Any, ...]] = [
    (r"/desktop/api/sessions", SessionsHandler),
    (rf"/desktop/api/sessions/{_NAME}", SessionHandler),
    (rf"/desktop/api/sessions/{_NAME}/restart", RestartHandler),
    (rf"/desktop/api/sessions/{_NAME}/geometry", GeometryHandler),
    (rf"/desktop/api/sessions/{_NAME}/events", EventsHandler),
    (rf"/desktop/api/sessions/{_NAME}/ticket", TicketHandler),
    (rf"/desktop/api/sessions/{_NAME}/share", SharesHandler),
    (rf"/desktop/api/sessions/{_NAME}/shares", SharesHandler),
    (rf"/desktop/api/sessions/{_NAME}/shares/{_NAME}", ShareHandler),
    (rf"/desktop/api/sessions/{_NAME}/viewers/(\d{{1,15}})", ViewerHandler),
    (rf"/desktop/socket/{_NAME}", SocketHandler),
]


def routes(site: Site | BrokenSite) -> list[tuple[Any, ...]]:
    """Return our URL patterns, relative to Jupyter's base URL."""
    if isinstance(site, BrokenSite):
        return [(r"/desktop(?:/.*)?", WrongSettingsHandler, {"error": site.error})]
    problem = site.doorman.side_entrance.problem
    return [*_PAGE_ROUTES, *_API_ROUTES, *_side_entrance_routes(problem)]


def _side_entrance_routes(problem: DesktopError | None) -> list[tuple[Any, ...]]:
    """Return the URL patterns that replace a missing side entrance; ``problem`` says why.

    jupyter-server-proxy serves the same URLs of an open side entrance, with rules added later.
    """
    if problem is None:
        return []
    return [(r"/desktop-websockify(?:/.*)?", NoSideEntranceHandler, {"error": problem})]


def outside(base_url: str) -> URLSpec:
    """Return the URL pattern of `/desktop` below a prefix other than Jupyter's base URL."""
    own = re.escape(f"{base_url}desktop")
    return URLSpec(rf"(?!{own}(?:/|$)).*/desktop(?:/.*)?", OutsideHandler)
