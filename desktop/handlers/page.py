"""The page and its files."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.httputil import url_concat

from .. import __version__
from ..errors import PageMissing
from ..sessions import check_name
from .common import DEFAULT_SESSION, Common, answers_errors


class SlashHandler(Common, JupyterHandler):
    """`/desktop`, for those who leave out the slash; relative addresses need it."""

    @web.authenticated
    def get(self) -> None:
        """Redirect to `/desktop/`."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(url_path_join(self.base_url, "desktop/") + query)


class PageHandler(Common, ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
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
    async def get(self, session: str = DEFAULT_SESSION) -> None:
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
                # Not "static_url": Jupyter puts its own under that name.
                file_url=functools.partial(self._file_address, root),
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
            "login": url_concat(self.get_login_url(), {"next": self.request.path}),
            "clipboard": app.clipboard,
            "version": __version__,
        }

    def _extensions(self) -> dict[str, Any]:
        server: Any = self.extensionapp.serverapp
        extensions: dict[str, Any] = server.extension_manager.extensions
        return extensions

    def _hub_address(self) -> str | None:
        prefix = self.settings.get("hub_prefix")
        return url_path_join(prefix, "home") if prefix else None

    def _file_address(self, root: str, name: str) -> str:
        """Return the address of a file of the page, which changes when the file does."""
        try:
            version = web.StaticFileHandler.get_content_version(str(self._static / name))
        except OSError as error:
            raise PageMissing(name) from error
        return f"{root}static/{name}?v={version[:16]}"


class FilesHandler(Common, JupyterHandler, web.StaticFileHandler):
    """The files of the page."""

    def set_default_headers(self) -> None:
        """Leave caching to Tornado: for ever with `?v=`, else by ETag."""
        super().set_default_headers()
        self.clear_header("Cache-Control")

    @web.authenticated
    async def get(  # type: ignore[override]
        self, path: str, include_body: bool = True
    ) -> None:
        """Send a file."""
        await web.StaticFileHandler.get(self, path, include_body)

    @web.authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]
        """Send a file's headers."""
        await web.StaticFileHandler.get(self, path, include_body=False)


class WrongSettingsHandler(Common, JupyterHandler):
    """All there is of a desktop whose settings are wrong."""

    def initialize(self, error: str) -> None:
        """Remember what is wrong."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Say what is wrong, on Jupyter's own error page."""
        raise web.HTTPError(500, "%s", f"The settings of the desktop are wrong. {self._error}")
