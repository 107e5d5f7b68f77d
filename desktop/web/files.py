"""The files of the page: its own, and the scripts of Xpra's HTML5 client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from tornado import web

from ..backends.xpra import client as xpra_client
from .handler import PageHandler, answers_errors

STATIC = Path(__file__).parents[1] / "static"  # the built page
VIDEO_WORKER = "video-worker.js"

_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None]])

# By its type annotations, Tornado's decorator removes the parameters of StaticFileHandler.get.
_authenticated: Callable[[_Method], _Method] = cast("Any", web.authenticated)


class FilesHandler(PageHandler, web.StaticFileHandler):
    """The files of the page."""

    needs_xsrf_token = False

    def set_default_headers(self) -> None:
        """Leave caching to Tornado: without expiry for `?v=`, otherwise by ETag.

        A worker has the policy of its own response, not the page's; this one opens a WebSocket.
        """
        if self.request.path.endswith(f"/{VIDEO_WORKER}"):
            self.content = ("connect-src 'self'",)
        super().set_default_headers()
        self.clear_header("Cache-Control")

    def parse_url_path(self, url_path: str) -> str:
        """Return the file's path (Tornado calls this, and would fail later on a NUL)."""
        if "\0" in url_path:
            raise web.HTTPError(404)
        return super().parse_url_path(url_path)

    @_authenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file."""
        await web.StaticFileHandler.get(self, path, include_body)

    @_authenticated
    async def head(self, path: str) -> None:
        """Send a file's headers."""
        await web.StaticFileHandler.get(self, path, include_body=False)


class XpraClientHandler(PageHandler):
    """The scripts of Xpra's HTML5 client, from the system's folder."""

    needs_xsrf_token = False

    @web.authenticated
    @answers_errors
    async def get(self, name: str) -> None:
        """Send a script."""
        settings = self.site.settings
        path = xpra_client.file(settings.xpra_client_folder, name, settings.xpra_executable)
        if path is None:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        # Their URLs stay the same when another version is installed.
        self.set_header("Cache-Control", "private, no-cache")
        await self.finish(path.read_bytes())
