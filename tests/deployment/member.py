"""A user of the hub, with a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import APIResponse, Page

from tests.browser.desktop import Desktop
from tests.browser.visitor import Visitor
from tests.clients import Wire, connect

from .hub import BASE_URL, PASSWORD, UserServer


class Member:
    """Logs in as ``name``, and opens servers at ``address``, the origin of a front."""

    def __init__(self, visitor: Visitor, name: str, address: str) -> None:
        self.visitor = visitor
        self.name = name
        self.address = address

    def logs_in(self) -> Page:
        """Log in at the hub; return its page."""
        page = self.visitor.context.new_page()
        page.goto(f"{self.address}{BASE_URL}hub/login?next={BASE_URL}hub/home")
        return self.fills_form(page)

    def fills_form(self, page: Page) -> Page:
        page.get_by_label("Username:").fill(self.name)
        page.get_by_label("Password:").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    def opens(self, server: UserServer, path: str = "desktop/") -> Desktop:
        """Open a page of a server, after the login."""
        page = self.visitor.context.new_page()
        page.goto(f"{self.address}{server.base_url}{path}")
        return Desktop(page)

    def asks(
        self, method: str, server: UserServer, path: str, body: Any = None, xsrf: str = ""
    ) -> APIResponse:
        """Send a request with the browser's cookies."""
        return self.visitor.context.request.fetch(
            f"{self.address}{server.base_url}{path}",
            method=method,
            data=body,
            headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors"},
            max_redirects=0,
        )

    def open_socket(self, server: UserServer, ticket: Mapping[str, Any], context: Any) -> Wire:
        """Open the WebSocket that ``ticket`` is for, with the browser's cookies."""
        url = f"{self.address}{server.base_url}desktop/{ticket['socket_url']}"
        kept = self.visitor.context.cookies(url)
        cookies = "; ".join(f"{one['name']}={one['value']}" for one in kept)
        return connect(url, ticket["protocols"], {"Cookie": cookies}, context)


def xsrf_of(page: Page) -> str:
    """Return the XSRF token in a desktop's page."""
    found = re.search(r'"xsrf": "([^"]*)"', page.content())
    assert found
    return found[1]
