"""What all handlers share: who asks, what a browser may do with answers, and errors."""

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


# By these words an answer of Jupyter's authorizer is known among Jupyter's other refusals.
_DENIED = "User is not authorized to do this with desktops."
# What a request needs does not always follow from its method.
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
            if not isinstance(error, ForeignOrigin):  # Jupyter has said so already
                self.log.warning("%s %s: %s", self.request.method, self.request.path, error)
            self.refuse(error)

    return wrapper


class DesktopHandler(JupyterHandler):
    """What all handlers know. Access is for Jupyter's authorizer to grant, to "desktop".

    ``content`` is what an answer may load (Content Security Policy Level 3); nothing inline.

    ``needs_xsrf_token`` is False for GET requests to which no script can add a header: modules and
    WebSockets. JupyterHub asks its XSRF token of everything that a script reads. The files hold no
    secret, and a WebSocket shows a ticket that only a page with the token could get. The page
    itself must not be excepted: it contains the token.
    """

    auth_resource = "desktop"
    content: tuple[str, ...] = ()
    needs_xsrf_token = True

    @property
    def content_security_policy(self) -> str:
        """Nothing but ``content``; who may frame it is Jupyter's setting."""
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
        """Return Jupyter's directive that says who may frame us."""
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
        """Who asks; empty for a bare token, to which Jupyter gives a new name each time."""
        return "" if self.token_authenticated else self.current_user.username

    @property
    def user_name(self) -> str:
        """Who asks, for people to read."""
        user = self.current_user
        name: str = user.display_name or user.name or user.username
        return name[:_LONGEST_NAME]

    def foreign_origin(self) -> ForeignOrigin:
        """Return the error for pages of other servers."""
        headers = self.request.headers
        origin = headers.get("Origin") or headers.get("Referer", "")
        return ForeignOrigin(origin, self.request.host)

    def check_xsrf_cookie(self) -> None:
        """Check the XSRF token where there has to be one (Jupyter and JupyterHub call this)."""
        if self.needs_xsrf_token:
            super().check_xsrf_cookie()

    def set_default_headers(self) -> None:
        """Add ours to Jupyter's (Tornado calls this)."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def refuse(self, error: DesktopError) -> None:
        """Answer with ``error``."""
        raise NotImplementedError

    def _message(self, keywords: dict[str, Any]) -> str:
        """Return what the exception that Tornado passes to ``write_error`` has to say to users."""
        raised = keywords.get("exc_info", (None, None, None))[1]
        # Only Tornado's own have one: the text of other exceptions may be confidential.
        message = getattr(raised, "log_message", None)
        return str(message % raised.args if message else self._reason)


class APIHandler(DesktopHandler):
    """Answers errors as JSON, also what Jupyter itself refuses: no login, no XSRF token, …"""

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
    """Answers errors as a page, also what Jupyter itself refuses.

    Its own error page is hidden until an inline style shows it, which our policy does not allow.
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
