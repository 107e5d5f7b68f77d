"""Base classes of all handlers: user, response headers, and errors."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado.escape import xhtml_escape

from ..admission.doorman import Doorman
from ..desktops.sessions import Sessions
from ..errors import DesktopError, ForeignOrigin, not_permitted, request_refused
from ..site import Site

_LONGEST_NAME = 80

_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None]])
_Handler = TypeVar("_Handler", bound="DesktopHandler")
_Parameters = ParamSpec("_Parameters")

_ERROR_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="dark light">
<title>{title}</title>
<h1>{title}</h1>
{text}"""


# This message distinguishes a refusal by Jupyter's authorizer from Jupyter's other 403s.
_DENIED = "User is not authorized to do this with desktops."
# The permission that a request needs does not always follow from its HTTP method.
for_readers: Callable[[_Method], _Method] = authorized(action="read", message=_DENIED)
for_writers: Callable[[_Method], _Method] = authorized(action="write", message=_DENIED)


def answers_errors(
    method: Callable[Concatenate[_Handler, _Parameters], Awaitable[None]],
) -> Callable[Concatenate[_Handler, _Parameters], Coroutine[Any, Any, None]]:
    """Answer a ``DesktopError`` that ``method`` raises, as the handler answers errors."""

    @functools.wraps(method)
    async def wrapper(
        self: _Handler, /, *arguments: _Parameters.args, **keywords: _Parameters.kwargs
    ) -> None:
        try:
            await method(self, *arguments, **keywords)
        except DesktopError as error:
            if not isinstance(error, ForeignOrigin):  # Jupyter has logged it already
                self.log.warning("%s %s: %s", self.request.method, self.request.path, error)
            self.refuse(error)

    return wrapper


class DesktopHandler(JupyterHandler):
    """Base class of all handlers. Jupyter's authorizer grants access to the resource "desktop".

    ``content``: directives for what a response may load (Content Security Policy Level 3); nothing
    inline.

    ``needs_xsrf_token`` is False for GET requests to which no script can add a header: modules and
    WebSockets. JupyterHub requires its XSRF token for every request by a script. The files contain
    no secret, and a WebSocket needs a ticket, which only a page with the token can request. The
    page itself must require the token, because it contains it.
    """

    auth_resource = "desktop"
    content: tuple[str, ...] = ()
    needs_xsrf_token = True

    @property
    def content_security_policy(self) -> str:
        """The policy: ``content`` only; Jupyter's setting decides about frames."""
        return "; ".join(
            [
                "default-src 'none'",
                *self.content,
                "base-uri 'none'",
                "form-action 'none'",
                *self.frame_ancestors(),
            ]
        )

    def frame_ancestors(self) -> list[str]:
        """Return Jupyter's directive for pages that may frame this one."""
        directives = [one.strip() for one in super().content_security_policy.split(";")]
        return [one for one in directives if one.startswith("frame-ancestors")]

    @property
    def site(self) -> Site:
        """The settings and the parts of this server."""
        site: Site = self.settings["desktop_site"]
        return site

    @property
    def sessions(self) -> Sessions:
        """The desktops of this server."""
        return self.site.desktops

    @property
    def doorman(self) -> Doorman:
        """The doorman of this server."""
        return self.site.doorman

    @property
    def user(self) -> str:
        """The username; empty for a bare token, as Jupyter gives it a new name each time."""
        return "" if self.token_authenticated else self.current_user.username

    @property
    def user_name(self) -> str:
        """The user's name for display."""
        user = self.current_user
        name: str = user.display_name or user.name or user.username
        return name[:_LONGEST_NAME]

    def foreign_origin(self) -> ForeignOrigin:
        """Return the error for pages of other servers."""
        headers = self.request.headers
        origin = headers.get("Origin") or headers.get("Referer", "")
        return ForeignOrigin(origin, self.request.host)

    def check_xsrf_cookie(self) -> None:
        """Check the XSRF token if one is needed (Jupyter and JupyterHub call this)."""
        if self.needs_xsrf_token:
            super().check_xsrf_cookie()

    def set_default_headers(self) -> None:
        """Add our headers to Jupyter's (Tornado calls this)."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def refuse(self, error: DesktopError) -> None:
        """Answer with ``error``."""
        raise NotImplementedError

    def _message(self, keywords: dict[str, Any]) -> str:
        """Return the user's message of the exception that Tornado passes to ``write_error``."""
        raised = keywords.get("exc_info", (None, None, None))[1]
        # Only Tornado's own have it: the text of other exceptions may be confidential.
        message = getattr(raised, "log_message", None)
        return str(message % raised.args if message else self._reason)


class APIHandler(DesktopHandler):
    """Answers errors as JSON, including Jupyter's own: no login, no XSRF token, …"""

    def refuse(self, error: DesktopError) -> None:
        """Answer with ``error``."""
        self.set_status(error.status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(error.as_json()))

    def write_error(self, status_code: int, **keywords: Any) -> None:
        """Answer an HTTP error (Tornado calls this)."""
        message = self._message(keywords)
        error: DesktopError = request_refused(status_code, message)
        if message == _DENIED and self.current_user:
            error = not_permitted()
        self.refuse(error)


class PageHandler(DesktopHandler):
    """Answers errors as a page, including Jupyter's own.

    Jupyter's error page needs an inline style to be visible, which our policy forbids.
    """

    def refuse(self, error: DesktopError) -> None:
        """Answer with ``error``."""
        self.set_status(error.status)
        self._finish_page("The desktop cannot be opened", error.message, error.remedy or "")

    def write_error(self, status_code: int, **keywords: Any) -> None:
        """Answer an HTTP error (Tornado calls this)."""
        self._finish_page(f"{status_code}: {self._reason}", self._message(keywords))

    def _finish_page(self, title: str, *paragraphs: str) -> None:
        page = _ERROR_PAGE.format(
            title=xhtml_escape(title),
            text="".join(f"<p>{xhtml_escape(one)}</p>\n" for one in paragraphs if one),
        )
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(page)
