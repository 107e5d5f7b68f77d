"""The page of a desktop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.decorator import authorized
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
from .files import STATIC, VIDEO_WORKER
from .handler import PageHandler, answers_errors

# Parameters of the page's address.
_ASKED = ("application", "backend", SHARE)


class SlashHandler(PageHandler):
    """`/desktop` without its slash, which the page's relative addresses need."""

    @web.authenticated
    def get(self) -> None:
        """Redirect to `/desktop/`."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(url_path_join(self.base_url, "desktop/") + query)


@dataclass(frozen=True)
class Shown:
    """The session of one page, as the page shows it.

    ``application`` is empty for a desktop; ``backend`` is a name or "auto".
    """

    session: str
    application: str
    title: str
    backend: str

    @property
    def the(self) -> str:
        """Its name in sentences on the page."""
        return self.title if self.application else "the desktop"

    @property
    def this(self) -> str:
        """The same with "this" instead of "the"."""
        return self.title if self.application else "this desktop"


class DesktopPageHandler(ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, PageHandler):
    """The page of one desktop."""

    content = (
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
    )

    def initialize(self, name: str, root: str) -> None:
        """Store ``root``, the address of `/desktop/` relative to the page."""
        super().initialize(name)
        self._root = root

    def frame_ancestors(self) -> list[str]:
        """Return the directive for pages that may frame this one."""
        directives = super().frame_ancestors()
        if self.site.settings.open_in == "lab-tab":
            # JupyterHub's 'none' would also block JupyterLab's own tab.
            return [one.replace("'none'", "'self'") for one in directives]
        return directives

    @web.authenticated
    @authorized
    @answers_errors
    async def get(self, session: str = DEFAULT_SESSION) -> None:
        """Send the page; its script starts the desktop."""
        if "token" in self.request.query_arguments:
            # The login cookie is set now; this keeps the token out of the browser's history.
            self.redirect(self._address())
            return
        check_name(session)
        shown = self._shown(session)
        await self.finish(
            self.render_template(
                "desktop.html",
                page_data=self._page_data(shown),
                # Not "static_url": Jupyter puts its own under that name.
                file_url=self._file_address,
                title=shown.title,
                the=shown.the,
                this=shown.this,
                icon=self._icon(shown),
                session=shown.session,
                backend=shown.backend,
                preload=shown.backend if shown.backend in NAMES else NAMES[0],
            )
        )

    def _address(self) -> str:
        """Return the page's own address, without a token."""
        asked = {name: self.get_query_argument(name, "") for name in _ASKED}
        return url_concat(self.request.path, [item for item in asked.items() if item[1]])

    def _shown(self, session: str) -> Shown:
        """Return the page's content, from its address, the existing session and the settings."""
        settings, planner = self.site.settings, self.site.planner
        asked = self.get_query_argument("application", "")
        application = planner.application_of(session, asked or self.sessions.application(session))
        title = planner.applications.title(application) if application else settings.title
        backend = self.get_query_argument("backend", "")
        return Shown(
            session, application, title, check_backend(backend) if backend else settings.backend
        )

    def _icon(self, shown: Shown) -> str:
        """Return the address of its icon."""
        if self.site.planner.applications.icon(shown.application):
            return f"{self._root}icons/{shown.application}"
        return self._file_address("icon.svg")

    def _page_data(self, shown: Shown) -> dict[str, Any]:
        """Return the data for the page's script; its addresses are relative to the page."""
        settings, planner = self.site.settings, self.site.planner
        only = planner.applications.placement(shown.application)
        lab = self.serverapp.jpserver_extensions.get("jupyterlab")
        return {
            "session": shown.session,
            "backend": self.get_query_argument("backend", None),
            "clients": self._clients(),
            "placements": planner.places.shown(only),
            "title": shown.title,
            "application": shown.application or None,
            "root": self._root,
            "xsrf": self.xsrf_token.decode(),
            "lab": f"{self._root}../lab" if lab else None,
            "hub": self.settings.get("jinja_template_vars", {}).get("hub_control_panel_url"),
            # Jupyter and JupyterHub redirect this address to their login, and back.
            "login": self._address(),
            "clipboard": {"in": settings.clipboard.inbound, "out": settings.clipboard.outbound},
            "share": self.get_query_argument(SHARE, "") or None,
            "sharing": settings.sharing,
            "video": self._video(),
            "version": __version__,
        }

    def _clients(self) -> dict[str, Any]:
        """Return the client for each kind of desktop."""
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

    def _video(self) -> dict[str, str] | None:
        """Return the address of the worker that shows video; None without video."""
        on = self.site.settings.video
        return {"worker": self._file_address(VIDEO_WORKER)} if on else None

    def _file_address(self, name: str) -> str:
        """Return the address of a file of the page, which changes when the file does."""
        try:
            version = web.StaticFileHandler.get_content_version(str(STATIC / name))
        except OSError as error:
            raise PageMissing(name) from error
        return f"{self._root}static/{name}?v={version[:16]}"
