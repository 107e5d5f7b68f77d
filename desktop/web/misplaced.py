"""Addresses that lead nowhere: wrong settings, or a prefix that a reverse proxy has changed."""

from __future__ import annotations

from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado import web

from .handler import PageHandler

# Changes that reverse proxies make to addresses, and their remedies.
_PREFIX_CHANGED = (
    "If that is the address you asked for, a reverse proxy has changed its beginning: it must "
    "pass the path on unchanged (nginx: nothing after the port in proxy_pass; Apache: the same "
    "path twice in ProxyPass, and nocanon)."
)
_PREFIX_UNKNOWN = (
    "If a reverse proxy leads here, Jupyter must know the beginning of the addresses that it "
    'passes on: c.ServerApp.base_url = "%s" in jupyter_server_config.py.'
)


class WrongSettingsHandler(PageHandler):
    """Answers all addresses of a desktop whose settings are wrong."""

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


class OutsideHandler(PageHandler):
    """Answers where there is no desktop: below another prefix than Jupyter's base URL."""

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
