"""The icons of applications, from the paths in their settings."""

from __future__ import annotations

from tornado import web

from .handler import PageHandler

_LARGEST_ICON = 1024 * 1024  # bytes


class IconHandler(PageHandler):
    """The icons of applications."""

    needs_xsrf_token = False

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
