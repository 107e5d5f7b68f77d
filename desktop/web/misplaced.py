"""Error pages: wrong settings, or an address whose prefix a reverse proxy has changed."""

from __future__ import annotations

from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado import web

from .handler import PageHandler

# Remedies for prefixes that a reverse proxy changes or adds.
_PREFIX_CHANGED = (
    "If you requested that address, a reverse proxy has changed its prefix: configure it to "
    "pass the path on unchanged (nginx: nothing after the port in proxy_pass; Apache: the same "
    "path twice in ProxyPass, and nocanon)."
)
_PREFIX_UNKNOWN = (
    "If Jupyter is behind a reverse proxy, set the prefix of the addresses that it passes on: "
    'c.ServerApp.base_url = "%s" in jupyter_server_config.py.'
)


class WrongSettingsHandler(PageHandler):
    """Answers all addresses of the desktop if its settings are wrong."""

    def initialize(self, error: str) -> None:
        """Store ``error``, the message about the settings."""
        self._error = error

    @web.authenticated
    def get(self) -> None:
        """Answer with the error."""
        if "token" in self.request.query_arguments:
            self.redirect(self.request.path)  # keeps the token out of the browser's history
            return
        raise web.HTTPError(500, "%s", f"The settings of the desktop are wrong. {self._error}")


class OutsideHandler(PageHandler):
    """Answers `/desktop` below a prefix other than Jupyter's base URL."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer 404 with the desktop's address."""
        path, address = self.request.path[:200], url_path_join(self.base_url, "desktop/")
        prefix = f"{path}/".partition("/desktop/")[0] + "/"
        # The proxy has removed a part of the prefix, or decoded it.
        changed = unquote(self.base_url).endswith(unquote(prefix))
        raise web.HTTPError(
            404,
            "There is no desktop at %s: this Jupyter server is at %s, and its desktop at %s. %s",
            *(path, self.base_url, address),
            _PREFIX_CHANGED if changed else _PREFIX_UNKNOWN % prefix,
        )
