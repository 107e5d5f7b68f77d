"""A user's browser, which records errors in our page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

from tests.servers import TOKEN, JupyterServer

from .desktop import Desktop

CLIPBOARD = ("clipboard-read", "clipboard-write")

LINK_IS_DOWN = (
    # Chromium's message for each attempt on a link that is down.
    r"net::ERR_",
    r"WebSocket connection to .* failed",
    # noVNC's messages for a failed attempt, and for data received before the end but processed
    # after the last picture is drawn (core/rfb.js, _framebufferUpdate).
    r"Failed when connecting: Connection closed",
    r"^Got data while disconnected",
)

# A page may request video while its desktop ends.
_ENDED = r"status of 410 .*/ticket"

_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
  const what = `${effectiveDirective} ${blockedURI} ${sourceFile}:${lineNumber}`;
  console.error(`CSP violation in ${location.pathname}: ${what}`);
});
"""


class Visitor:
    """One user: a browser context with its own cookies. ``problems`` must stay empty."""

    def __init__(self, browser: Browser, permissions: Sequence[str], **options: Any) -> None:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        self.context: BrowserContext = browser.new_context(**options)
        self.context.grant_permissions(list(permissions))
        self.context.add_init_script(_REPORT_VIOLATIONS)
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.problems: list[str] = []
        self._expected: list[str] = [_ENDED]

    def expects(self, *patterns: str) -> None:
        """Ignore problems that the test itself causes."""
        self._expected.extend(patterns)

    def opens(self, server: JupyterServer, path: str = "desktop/", at: str = "") -> Desktop:
        """Open a page in a new tab, with the token in its address; ``at`` replaces the origin."""
        page = self.context.new_page()
        page.goto(f"{at or server.address}{server.base_url}{path}?token={TOKEN}")
        return Desktop(page)

    def unexpected(self) -> list[str]:
        return [
            problem
            for problem in self.problems
            if not any(re.search(pattern, problem) for pattern in self._expected)
        ]

    def own_focus(self, page: Page) -> None:
        """Turn off Playwright's emulation, which gives all pages the focus."""
        session = self.context.new_cdp_session(page)
        session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})

    def _on_console(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        # Ignore JupyterLab's own messages.
        ours = "/desktop/" in where or "/desktop/" in message.text
        if message.type == "error" and ours:
            self.problems.append(f"{message.text} ({where})")

    def _on_error(self, error: WebError) -> None:
        stack = error.error.stack or str(error.error)
        if "/desktop/" in stack or (error.page and "/desktop/" in error.page.url):
            self.problems.append(f"uncaught: {stack}")
