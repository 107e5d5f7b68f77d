"""Secrets are left nowhere that other pages, later users or logs can read."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Response

from tests import servers
from tests.servers import JupyterServer

from .desktop import Desktop, eventually
from .link import link
from .visitor import Visitor

_WHERE_SECRETS_COULD_BE = """async () => JSON.stringify([
  location.href, document.referrer, history.state, window.name, document.cookie,
  document.documentElement.outerHTML,
  { ...localStorage }, { ...sessionStorage },
  await indexedDB.databases(), await caches.keys(),
  performance.getEntriesByType("resource").map((entry) => entry.name),
  performance.getEntriesByType("navigation").map((entry) => entry.name),
])"""


def history(desktop: Desktop) -> list[str]:
    """Return the addresses to which "back" leads."""
    session = desktop.page.context.new_cdp_session(desktop.page)
    return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]


def test_a_page_keeps_no_secret(backend: str, server: JupyterServer, visitor: Visitor) -> None:
    tickets: list[dict[str, Any]] = []

    def note(answer: Response) -> None:
        if answer.url.endswith("/ticket"):
            tickets.append(answer.json())

    visitor.context.on("response", note)
    desktop = visitor.opens(server)
    desktop.shows_desktop(colours=2)
    eventually(lambda: tickets, "a ticket")
    ticket = tickets[0]
    secrets = [servers.TOKEN, ticket["password"], *ticket["protocols"][1:]]
    secrets += [ticket["key"]] if backend == "xpra" else []
    assert all(secrets)
    found: str = desktop.run(_WHERE_SECRETS_COULD_BE)
    assert "desktop.js" in found
    assert [secret for secret in secrets if secret in found] == []
    assert [address for address in history(desktop) if "token" in address] == []


def test_an_error_page_keeps_no_token(server: JupyterServer, visitor: Visitor) -> None:
    visitor.expects("status of 400")
    desktop = visitor.opens(server, "desktop/sessions/..;rm/")
    assert "cannot be the name of a desktop" in desktop.page.content()
    assert [address for address in history(desktop) if "token" in address] == []


def test_the_page_sends_its_address_as_referrer_to_its_own_origin_only(
    server: JupyterServer, visitor: Visitor
) -> None:
    desktop = visitor.opens(server)
    desktop.becomes("connected")
    with link(server.port) as elsewhere:
        for origin, referrer in [
            (server.address, f"{server.url}desktop/"),
            (elsewhere.address, ""),
        ]:
            desktop.page.goto(f"{server.url}desktop/")
            desktop.run(f"() => {{ location.href = '{origin}/api?next' }}")
            desktop.page.wait_for_url("**/api?next")
            assert desktop.run("() => document.referrer") == referrer
