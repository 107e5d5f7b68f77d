"""The page and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.httputil import url_concat

from .. import __version__
from ..admission.shares import PARAMETER as SHARE
from ..backends import NAMES, check_backend
from ..backends.xpra import client as xpra_client
from ..desktops.sessions import DEFAULT_SESSION, check_name
from ..errors import PageMissing
from .handler import Common, NoXSRFCheck, PageErrors, answers_errors

STATIC = Path(__file__).parents[1] / "static"  # the built page

# What the page's address may ask for.
_ASKED = ("application", "backend", SHARE)

_LARGEST_ICON = 1024 * 1024  # bytes

# What reverse proxies do to addresses, and what to do about it.
_PREFIX_CHANGED = (
    "If that is the address you asked for, a reverse proxy has changed its beginning: it must "
    "pass the path on unchanged (nginx: nothing after the port in proxy_pass; Apache: the same "
    "path twice in ProxyPass, and nocanon)."
)
_PREFIX_UNKNOWN = (
    "If a reverse proxy leads here, Jupyter must know the beginning of the addresses that it "
    'passes on: c.ServerApp.base_url = "%s" in jupyter_server_config.py.'
)


class SlashHandler(PageErrors, Common, JupyterHandler):
    """`/desktop`, for those who leave out the slash; relative addresses need it."""

    @web.authenticated
    def get(self) -> None:
        """Redirect to `/desktop/`."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(url_path_join(self.base_url, "desktop/") + query)


class PageHandler(
    PageErrors, Common, ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler
):
    """The page of one desktop."""

    content = (
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
    )

    def initialize(self, name: str, static: Path, root: str) -> None:
        """Remember the folder of the page's files, and where `/desktop/` is, seen from the page."""
        super().initialize(name)
        self._static = static
        self._root = root

    def frame_ancestors(self) -> list[str]:
        """Return who may frame the page."""
        directives = super().frame_ancestors()
        if self.site.settings.open_in == "lab-tab":
            # JupyterHub's is 'none', which would keep the page out of JupyterLab's tab as well.
            return [one.replace("'none'", "'self'") for one in directives]
        return directives

    @web.authenticated
    @authorized
    @answers_errors
    async def get(self, session: str = DEFAULT_SESSION) -> None:
        """Send the page; it starts the desktop itself."""
        if "token" in self.request.query_arguments:
            # The login cookie is set by now, and the token stays out of the browser's history.
            self.redirect(self._address())
            return
        check_name(session)
        await self.finish(
            self.render_template(
                "desktop.html",
                page_data=self._page_data(session),
                # Not "static_url": Jupyter puts its own under that name.
                file_url=self._file_address,
                title=(title := self._title(session)),
                the=title if (application := self._application(session)) else "the desktop",
                this=title if application else "this desktop",
                icon=self._icon(session),
                session=session,
                backend=(backend := self._backend()),
                preload=backend if backend in NAMES else NAMES[0],
            )
        )

    def _address(self) -> str:
        """Return the page's own address, without a token."""
        asked = {name: self.get_query_argument(name, "") for name in _ASKED}
        return url_concat(self.request.path, [item for item in asked.items() if item[1]])

    def _application(self, session: str) -> str:
        """Return the application that the address asks for, or that the session is."""
        asked = self.get_query_argument("application", "") or self.sessions.application(session)
        return self.site.planner.application_of(session, asked)

    def _title(self, session: str) -> str:
        """Return how the page calls what it shows."""
        application = self._application(session)
        known = self.site.planner.applications
        return known.title(application) if application else self.site.settings.title

    def _icon(self, session: str) -> str:
        """Return the address of its icon."""
        application = self._application(session)
        if self.site.planner.applications.icon(application):
            return f"{self._root}icons/{application}"
        return self._file_address("icon.svg")

    def _backend(self) -> str:
        """Return the backend that the address asks for, or the setting."""
        asked = self.get_query_argument("backend", "")
        return check_backend(asked) if asked else self.site.settings.backend

    def _clients(self) -> dict[str, Any]:
        """Return what the page shows each kind of desktop with."""
        settings = self.site.settings
        error = xpra_client.problem(settings.xpra_client_folder, settings.xpra_executable)
        return {
            name: {
                "module": self._file_address(f"{name}.js"),
                "scripts": [f"{self._root}xpra/{one}" for one in xpra_client.SCRIPTS]
                if name == "xpra"
                else [],
                "problem": error.as_json() if error and name == "xpra" else None,
            }
            for name in NAMES
        }

    def _page_data(self, session: str) -> dict[str, Any]:
        """Return what the script must know; its addresses are relative to the page."""
        settings, planner = self.site.settings, self.site.planner
        application = self._application(session)
        return {
            "session": session,
            "backend": self.get_query_argument("backend", None),
            "clients": self._clients(),
            "placements": planner.places.shown(planner.applications.placement(application)),
            "title": self._title(session),
            "application": application or None,
            "root": self._root,
            "xsrf": self.xsrf_token.decode(),
            "lab": f"{self._root}../lab" if self._extensions().get("jupyterlab") else None,
            "hub": self.settings.get("jinja_template_vars", {}).get("hub_control_panel_url"),
            # Jupyter and JupyterHub lead from here to their login, and back.
            "login": self._address(),
            "clipboard": settings.clipboard,
            "share": self.get_query_argument(SHARE, "") or None,
            "sharing": settings.sharing,
            "version": __version__,
        }

    def _extensions(self) -> dict[str, bool]:
        server: Any = self.extensionapp.serverapp
        extensions: dict[str, bool] = server.jpserver_extensions
        return extensions

    def _file_address(self, name: str) -> str:
        """Return the address of a file of the page, which changes when the file does."""
        try:
            version = web.StaticFileHandler.get_content_version(str(self._static / name))
        except OSError as error:
            raise PageMissing(name) from error
        return f"{self._root}static/{name}?v={version[:16]}"


class FilesHandler(NoXSRFCheck, PageErrors, Common, JupyterHandler, web.StaticFileHandler):
    """The files of the page."""

    def set_default_headers(self) -> None:
        """Leave caching to Tornado: for ever with `?v=`, else by ETag."""
        super().set_default_headers()
        self.clear_header("Cache-Control")

    def parse_url_path(self, url_path: str) -> str:
        """Return the file's path (Tornado calls this, and fails at a NUL later)."""
        if "\0" in url_path:
            raise web.HTTPError(404)
        return super().parse_url_path(url_path)

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


class XpraClientHandler(NoXSRFCheck, PageErrors, Common, JupyterHandler):
    """The scripts of Xpra's HTML5 client, from where the system has them."""

    @web.authenticated
    @answers_errors
    async def get(self, name: str) -> None:
        """Send a script."""
        settings = self.site.settings
        path = xpra_client.file(settings.xpra_client_folder, name, settings.xpra_executable)
        if path is None:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        # Their addresses stay the same when another version is installed.
        self.set_header("Cache-Control", "private, no-cache")
        await self.finish(path.read_bytes())


class IconHandler(NoXSRFCheck, PageErrors, Common, JupyterHandler):
    """The icons of applications."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send an icon."""
        icon = self.site.planner.applications.icon(name)
        try:
            if icon is None or icon.stat().st_size > _LARGEST_ICON:
                raise web.HTTPError(404)
            contents = icon.read_bytes()
        except OSError as error:
            raise web.HTTPError(404) from error
        kind = "svg+xml" if icon.suffix == ".svg" else "png"
        self.set_header("Content-Type", f"image/{kind}")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, no-cache")
        await self.finish(contents)


class WrongSettingsHandler(PageErrors, Common, JupyterHandler):
    """All there is of a desktop whose settings are wrong."""

    def initialize(self, error: str) -> None:
        """Remember what is wrong."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Say what is wrong."""
        if "token" in self.request.query_arguments:
            self.redirect(self.request.path)  # without it, for the browser's history
            return
        raise web.HTTPError(500, "%s", f"The settings of the desktop are wrong. {self._error}")


class OutsideHandler(PageErrors, Common, JupyterHandler):
    """Where there is no desktop: below another prefix than Jupyter's base URL."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say where it is."""
        path, address = self.request.path[:200], url_path_join(self.base_url, "desktop/")
        prefix = f"{path}/".partition("/desktop/")[0] + "/"
        # Taken away in part, or decoded.
        changed = unquote(self.base_url).endswith(unquote(prefix))
        raise web.HTTPError(
            404,
            "There is no desktop at %s: this Jupyter server is at %s, and its desktop at %s. %s",
            *(path, self.base_url, address),
            _PREFIX_CHANGED if changed else _PREFIX_UNKNOWN % prefix,
        )
