"""Sharing: links to a desktop, and its viewers."""

from __future__ import annotations

import contextlib

from tornado import web

from ..errors import BadRequest, NotPermitted, ShareEnded
from ..system.access import Access
from .api import DesktopAPIHandler
from .handler import answers_errors, for_writers

_LONGEST_LIFETIME = 30 * 86400.0  # seconds
_ALLOWED = {"full": (Access.FULL, Access.VIEW), "view": (Access.VIEW,), "off": ()}


class SharesHandler(DesktopAPIHandler):
    """The share links of one desktop; they need write permission, also to be listed."""

    @web.authenticated
    @for_writers
    @answers_errors
    async def get(self, name: str) -> None:
        """List the valid links."""
        await self.finish_json({"shares": self.doorman.shares_of(self.sessions.get(name))})

    @web.authenticated
    @for_writers
    @answers_errors
    async def post(self, name: str) -> None:
        """Create a link."""
        session = self.sessions.get(name)
        share = await self.doorman.share(session, self._access(), self._lifetime())
        await self.finish_json(self.doorman.share_as_json(share), 201)

    def _access(self) -> Access:
        try:
            access = Access(self.text("access", Access.VIEW.value))
        except ValueError:
            raise BadRequest("'access' must be 'view' or 'full'.") from None
        if access not in _ALLOWED[self.site.settings.sharing]:
            raise NotPermitted(
                "This server does not allow sharing desktops in this way.",
                remedy="Ask its administrator to change DesktopApp.sharing.",
            )
        return access

    def _lifetime(self) -> float:
        value = self.body().get("lifetime", 3600.0)
        # bool is an int; comparisons with NaN are false.
        if type(value) not in (int, float) or not 0 < value <= _LONGEST_LIFETIME:
            raise BadRequest("'lifetime' must be a number of seconds, 30 days at most.")
        return float(value)


class ShareHandler(DesktopAPIHandler):
    """One share link."""

    @web.authenticated
    @for_writers
    @answers_errors
    async def delete(self, name: str, identifier: str) -> None:
        """End the link and disconnect its viewers; ending an expired link is no error."""
        session = self.sessions.get(name)
        with contextlib.suppress(ShareEnded):
            self.doorman.end_share(self.doorman.share_shown(session, identifier))
        self.set_status(204)
        await self.finish()


class ViewerHandler(DesktopAPIHandler):
    """One viewer: a connected page or other program."""

    @web.authenticated
    @for_writers
    @answers_errors
    async def delete(self, name: str, identifier: str) -> None:
        """Disconnect it."""
        self.doorman.disconnect(self.sessions.get(name), int(identifier))
        self.set_status(204)
        await self.finish()
