"""The display server's door stays shut: the page says so, and does not try for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from jupyter_desktop.backends.xpra import client as xpra_client
from tests.servers import JupyterServer

from .desktop import Desktop
from .test_ends import says
from .visitor import LINK_IS_DOWN, Visitor

# What the clients say of it: noVNC, and Xpra's.
REFUSALS = (
    r"Authentication failure|Security negotiation failed",
    r"error (processing|decrypting|decoding)|invalid packet|OperationError",
)


class Tickets:
    """Changes the tickets on their way to a visitor's pages, and counts them."""

    def __init__(self, visitor: Visitor, **changes: Any) -> None:
        self.count = 0
        self._changes = changes
        visitor.expects(*LINK_IS_DOWN, *REFUSALS)
        visitor.context.route("**/ticket", self._change)

    def leave_alone(self) -> None:
        self._changes = {}

    def _change(self, route: Route) -> None:
        self.count += 1
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **self._changes})


def is_shut_out(desktop: Desktop, tickets: Tickets) -> None:
    """Fail unless the page gives up, says why, and can be used as soon as it is let in."""
    desktop.becomes("failed", seconds=30)
    says(desktop, "The desktop cannot be opened")
    expect(desktop.card).to_contain_text("refused this page five times in a row")
    expect(desktop.root).to_have_attribute("data-reason", "refused")
    desktop.screenshot("refused")
    assert tickets.count == 5
    tickets.leave_alone()
    desktop.card.get_by_role("button", name="Try again").click()
    desktop.becomes("connected")


def test_a_wrong_password(server: JupyterServer, visitor: Visitor) -> None:
    tickets = Tickets(visitor, password="wrong")
    is_shut_out(visitor.opens(server), tickets)


@pytest.mark.parametrize("backend", ["xpra"], indirect=True)
@pytest.mark.parametrize("key", ["0" * 64, None], ids=["another key", "no key"])
def test_a_wrong_key(server: JupyterServer, visitor: Visitor, key: str | None) -> None:
    tickets = Tickets(visitor, key=key)
    is_shut_out(visitor.opens(server), tickets)


def test_a_client_that_is_not_installed(
    jupyter: Callable[..., JupyterServer], visitor: Visitor, tmp_path: Path
) -> None:
    server = jupyter("--DesktopApp.backend=xpra", f"--Xpra.client_folder={tmp_path}/client")
    desktop = visitor.opens(server)
    desktop.becomes("failed")
    says(desktop, "The desktop cannot be opened")
    expect(desktop.card).to_contain_text("HTML5 client is not installed")
    expect(desktop.card).to_contain_text("Xpra.client_folder")
    expect(desktop.card.get_by_label("Command")).to_contain_text("apt install xpra")
    desktop.screenshot("missing-client")
    (tmp_path / "client").symlink_to(xpra_client.FOLDERS[0])
    desktop.card.get_by_role("button", name="Try again").click()
    desktop.becomes("connected")
