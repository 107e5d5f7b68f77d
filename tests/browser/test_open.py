"""From JupyterLab, a link or an address to a visible desktop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import servers

from .desktop import Desktop
from .visitor import Visitor

# Colours: Xfce has hundreds, text on a plain background a few.
XFCE = 200


@pytest.fixture(scope="module")
def lab() -> Iterator[servers.JupyterServer]:
    with servers.running(application="lab", start_script="xfce") as server:
        yield server


def tile(page: Page, server: servers.JupyterServer, title: str = "Desktop") -> None:
    """Press a tile in JupyterLab's launcher."""
    page.goto(f"{server.url}lab?token={servers.TOKEN}")
    press_tile(page, title)


def press_tile(page: Page, title: str = "Desktop") -> None:
    tile_of(page, title).click(timeout=60_000)


def tile_of(page: Page, title: str = "Desktop") -> Locator:
    # Tiles that open a browser tab have an arrow after their title.
    label = re.compile(rf"^\s*{re.escape(title)}( \[↗\])?\s*$")
    return page.locator(".jp-LauncherCard", has_text=label)


def in_tab(page: Page) -> Desktop:
    """Return the desktop in a tab of JupyterLab."""
    element = page.wait_for_selector('iframe[src*="/desktop/"]', timeout=30_000)
    assert element
    frame = element.content_frame()
    assert frame
    frame.wait_for_url("**/desktop/")
    return Desktop(page, frame)


def test_the_tile_opens_the_desktop_in_a_new_browser_tab(
    lab: servers.JupyterServer, visitor: Visitor
) -> None:
    page = visitor.context.new_page()
    with page.expect_popup() as popup:
        tile(page, lab)
    desktop = Desktop(popup.value)
    desktop.shows_desktop(colours=XFCE)
    assert desktop.page.url == f"{lab.url}desktop/"
    expect(desktop.notice).to_be_hidden(timeout=20_000)
    desktop.is_still()
    desktop.screenshot("desktop")
    desktop.tool("Lab").click()
    desktop.page.wait_for_url("**/lab**")


def test_the_tile_opens_the_desktop_in_a_tab_of_jupyterlab(
    jupyter: Callable[..., servers.JupyterServer], visitor: Visitor
) -> None:
    server = jupyter("--DesktopApp.open_in=lab-tab", application="lab", start_script="xfce")
    page = visitor.context.new_page()
    page.add_init_script(
        "window.told = []; addEventListener('message', ({ data }) => told.push(data))"
    )
    tile(page, server)
    desktop = in_tab(page)
    desktop.shows_desktop(colours=XFCE)
    expect(desktop.notice).to_be_hidden(timeout=20_000)
    desktop.is_still()
    desktop.screenshot("in-jupyterlab")
    told = page.evaluate("told.filter((one) => one?.type === 'jupyter-desktop')")
    assert told[-1] == {"type": "jupyter-desktop", "state": "connected", "session": "default"}
    # No "Lab" tool: the user is in JupyterLab, whose frames may not navigate the page around them.
    assert desktop.tool("Keys").is_visible()
    assert not desktop.tool("Lab").is_visible()


@pytest.mark.needs("xpra")
def test_with_both_installed_xpra_has_its_own_tile_and_desktop(
    lab: servers.JupyterServer, visitor: Visitor
) -> None:
    page = visitor.context.new_page()
    with page.expect_popup() as popup:
        tile(page, lab, "Desktop (Xpra)")
    desktop = Desktop(popup.value)
    desktop.shows_desktop(colours=XFCE)
    expect(desktop.root).to_have_attribute("data-backend", "xpra")
    expect(desktop.root).to_have_attribute("data-session", "xpra")
    assert lab.session("xpra")["backend"] == "xpra"


@pytest.mark.parametrize(
    ("base_url", "typed"),
    [
        ("/user/a@b/", "/user/a@b/"),
        ("/user/a%40b/", "/user/a%40b/"),
        ("/hub/user/a/named-server/", "/hub/user/a/named-server/"),
    ],
)
def test_the_desktop_opens_below_any_base_url(
    jupyter: Callable[..., servers.JupyterServer], visitor: Visitor, base_url: str, typed: str
) -> None:
    server = jupyter(base_url=base_url, start_script="openbox")
    page = visitor.context.new_page()
    page.goto(f"{server.address}{typed}desktop?token={servers.TOKEN}")
    Desktop(page).shows_desktop()
    assert servers.TOKEN not in page.url


def test_another_session_name_is_another_desktop(
    lab: servers.JupyterServer, visitor: Visitor
) -> None:
    one = visitor.opens(lab)
    one.shows_desktop()
    displays = len(lab.displays())
    other = visitor.opens(lab, "desktop/sessions/work.2/")
    other.shows_desktop(colours=XFCE)
    expect(other.root).to_have_attribute("data-session", "work.2")
    assert len(lab.session("work.2")["viewers"]) == 1
    assert len(lab.session("default")["viewers"]) == 1
    assert len(lab.displays()) == displays + 1


def test_an_invalid_name_gets_an_error_page(lab: servers.JupyterServer, visitor: Visitor) -> None:
    visitor.expects("400")
    page = visitor.opens(lab, "desktop/sessions/..;rm/").page
    expect(page.get_by_role("heading", name="The desktop cannot be opened")).to_be_visible()
    expect(page.locator("p").first).to_contain_text("cannot be the name of a desktop")
    expect(page.locator("p").last).to_contain_text("Use up to 63 letters")
