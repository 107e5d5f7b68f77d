"""Page, files, API, and the door: authentication, origin, nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tornado.routing import URLSpec

from ..errors import DesktopError
from .api import (
    EventsHandler,
    GeometryHandler,
    RestartHandler,
    SessionHandler,
    SessionsHandler,
    TicketHandler,
)
from .desktop_socket import NoSideEntranceHandler, SocketHandler
from .page import (
    FilesHandler,
    IconHandler,
    OutsideHandler,
    PageHandler,
    SlashHandler,
    WrongSettingsHandler,
    XpraClientHandler,
)
from .sharing import ShareHandler, SharesHandler, ViewerHandler

_NAME = r"([^/]+)"


def routes(static: Path) -> list[tuple[Any, ...]]:
    """Return our URL patterns, relative to Jupyter's base URL; ``static`` holds the built page."""
    return [
        (r"/desktop", SlashHandler),
        (r"/desktop/", PageHandler, {"static": static, "root": "./"}),
        (rf"/desktop/sessions/{_NAME}/", PageHandler, {"static": static, "root": "../../"}),
        (r"/desktop/static/(.+)", FilesHandler, {"path": str(static)}),
        (rf"/desktop/icons/{_NAME}", IconHandler),
        (r"/desktop/xpra/(.+)", XpraClientHandler),
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


def no_routes(error: str) -> list[tuple[Any, ...]]:
    """Return the URL patterns of a desktop that must not start; ``error`` says why."""
    return [(r"/desktop(?:/.*)?", WrongSettingsHandler, {"error": error})]


def no_side_entrance(error: DesktopError) -> list[tuple[Any, ...]]:
    """Return the URL patterns of a side entrance that cannot be; ``error`` says why.

    jupyter-server-proxy has the same, for what is there, and adds its own later.
    """
    return [(r"/desktop-websockify(?:/.*)?", NoSideEntranceHandler, {"error": error})]


def outside(base_url: str) -> URLSpec:
    """Return the URL pattern of where proxies look for a desktop that is below another prefix."""
    own = re.escape(f"{base_url}desktop")
    return URLSpec(rf"(?!{own}(?:/|$)).*/desktop(?:/.*)?", OutsideHandler)
