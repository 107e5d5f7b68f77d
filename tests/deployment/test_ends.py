"""Servers ended by the hub, and activity; with nginx in front."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest
from playwright.sync_api import expect

from tests.servers import until

from .hub import BASE_URL, BOB, Hub
from .member import Member

# Seconds; input is reported to the hub about twelve seconds later (``desktop/app.py``).
IDLE = 30

SERVER_GONE = ("net::ERR_", "WebSocket connection to", "Failed to load resource")

pytestmark = pytest.mark.parametrize("front", ["nginx"], indirect=True)


def test_the_culler_ends_a_server_with_an_open_page_but_without_input(
    bob: Member, hub: Hub
) -> None:
    server = hub.server(BOB, "idle")
    desktop = bob.opens(server)
    desktop.shows_desktop()
    # The page loses its server.
    bob.visitor.expects(*SERVER_GONE)
    server.note_displays()
    began = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"

    def works() -> str:
        desktop.types("a")
        desktop.page.wait_for_timeout(500)
        last: str = server.model["last_activity"]
        return last

    until(lambda: works() > began, "the hub to hear of input", 60)
    with hub.culling(IDLE):
        works_until = time.monotonic() + IDLE + 4
        while time.monotonic() < works_until:
            works()
        assert server.model.get("ready"), "ended while somebody was typing"
        # From now on only heartbeats between page and bridge.
        assert server.session()["viewers"]
        until(lambda: not server.model, "the culler to have ended it", 120)
    server.assert_nothing_left()


def test_stopping_the_server_at_the_hub_leaves_nothing(bob: Member, hub: Hub) -> None:
    server = hub.server(BOB)
    desktop = bob.opens(server)
    desktop.shows_desktop()
    server.note_displays()
    bob.visitor.expects(*SERVER_GONE)
    panel = bob.visitor.context.new_page()
    # The button does nothing until its script is loaded.
    panel.goto(f"{bob.address}{BASE_URL}hub/home", wait_until="networkidle")
    panel.get_by_role("button", name="Stop My Server").click()
    until(lambda: not server.model, "the hub to have stopped it", 60)
    server.assert_nothing_left()
    desktop.becomes("failed")
    expect(desktop.card).to_contain_text("Your Jupyter server is not running")
    desktop.screenshot("hub-stopped")
    # The link leads to the hub's page for starting the server.
    desktop.card.get_by_role("link", name="Open again").click()
    expect(desktop.page.get_by_text("Your server is not running")).to_be_visible()
