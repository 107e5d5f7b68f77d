"""Single applications as users see them: a tile, a page with one window, its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import servers
from tests.servers import JupyterServer, until

from .desktop import Desktop
from .guest import Guest
from .test_ends import ENDS, says
from .test_hostile_text import MARKUP, stays_text
from .test_open import tile
from .visitor import Visitor

SHELL = "xterm -T shell -e sh -c 'echo up >up-{0}; exec sh'"
APPLICATIONS: dict[str, dict[str, Any]] = {
    "shell": {"command": SHELL.format("shell"), "title": "My Shell", "category": "Tools"},
    "other": {"command": SHELL.format("other"), "title": "Other"},
    "gears": {"command": ["sh", "-c", "glxinfo -B >opengl-vnc; exec glxgears"], "backend": "vnc"},
    "xorg": {"command": ["sh", "-c", "glxinfo -B >opengl-xpra; exec glxgears"], "backend": "xpra"},
    "seamless": {"command": "xterm -T alone", "title": "Alone", "mode": "seamless"},
    "missing": {"command": "paraview", "title": "ParaView"},
    "bad": {"comand": "xterm"},
    "hostile": {"command": ["xterm", "-T", MARKUP, "-e", MARKUP], "title": MARKUP[:80]},
}


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterServer]:
    with servers.running(f"--DesktopApp.applications={APPLICATIONS}", application="lab") as server:
        yield server


@pytest.fixture(autouse=True)
def _none_is_left(lab: JupyterServer) -> Iterator[None]:
    yield
    for session in lab.call("GET", "desktop/api/sessions").json["sessions"]:
        lab.call("DELETE", f"desktop/api/sessions/{session['name']}")


def opens(visitor: Visitor, lab: JupyterServer, name: str) -> Desktop:
    return visitor.opens(lab, f"desktop/sessions/{name}/")


def fills_the_page(desktop: Desktop, guest: Guest, window: str) -> None:
    """Fail unless the window, the X screen and the picture have the page's size."""
    viewport = desktop.page.viewport_size
    assert viewport
    whole = (viewport["width"], viewport["height"])

    def sizes() -> set[tuple[int, int]]:
        told = guest.run("xwininfo", "-name", window, check=False)
        found = re.search(r"Width: (\d+)\s+Height: (\d+)", told)
        return {(int(found[1]), int(found[2])) if found else (0, 0), desktop.size(), guest.size()}

    until(lambda: sizes() == {whole}, f"{window!r} on all of the page, {whole}")


def test_a_tile_opens_one_window_that_follows_the_page_s_size(
    lab: JupyterServer, visitor: Visitor
) -> None:
    page = visitor.context.new_page()
    Guest(lab).forget("up-shell")
    with page.expect_popup() as popup:
        tile(page, lab, "My Shell")
    expect(page.locator(".jp-Launcher-section", has_text="Tools")).to_contain_text("My Shell")
    desktop, guest = Desktop(popup.value), Guest(lab, "shell", "My Shell")
    desktop.becomes("connected")
    expect(desktop.page).to_have_title("My Shell")
    assert desktop.page.url == f"{lab.url}desktop/sessions/shell/"
    guest.file("up-shell")
    fills_the_page(desktop, guest, "shell")
    desktop.page.set_viewport_size({"width": 800, "height": 500})
    fills_the_page(desktop, guest, "shell")
    expect(desktop.card).to_be_hidden()
    assert guest.output(desktop, "echo typed", "typed") == "typed\n"


def test_a_closed_application_can_be_started_again(lab: JupyterServer, visitor: Visitor) -> None:
    visitor.expects(*ENDS)
    desktop, guest = opens(visitor, lab, "shell"), Guest(lab, "shell", "My Shell")
    desktop.becomes("connected")
    guest.closes("shell")
    desktop.becomes("stopped")
    says(desktop, "My Shell has ended")
    expect(desktop.card).to_contain_text("It was closed.")
    desktop.card.get_by_role("button", name="Start again").click()
    desktop.becomes("connected")
    guest.await_window("shell")
    desktop.tool("Stop").click()
    expect(desktop.here.get_by_role("dialog")).to_contain_text("Stop My Shell?")
    desktop.confirms("Stop")
    desktop.becomes("stopped")
    expect(desktop.card).to_contain_text("It was stopped.")


def test_a_missing_program_is_named_on_the_page(lab: JupyterServer, visitor: Visitor) -> None:
    visitor.expects(*ENDS)
    desktop = opens(visitor, lab, "missing")
    desktop.becomes("failed")
    says(desktop, "ParaView did not start")
    expect(desktop.card).to_contain_text("paraview was not found on PATH.")
    expect(desktop.card).to_contain_text("Install ParaView, or ask the administrator")


def test_a_wrong_application_file_is_explained_on_the_page(
    lab: JupyterServer, visitor: Visitor
) -> None:
    visitor.expects(*ENDS)
    desktop = opens(visitor, lab, "bad")
    desktop.becomes("failed")
    says(desktop, "bad cannot be opened")
    expect(desktop.card).to_contain_text("there is no key 'comand' (did you mean 'command'?)")


def test_two_applications_and_the_desktop_are_three_sessions(
    lab: JupyterServer, visitor: Visitor
) -> None:
    pages = [opens(visitor, lab, name) for name in ("shell", "other", "default")]
    for page in pages:
        page.becomes("connected")
    for name, page in zip(("shell", "other"), pages, strict=False):
        guest = Guest(lab, name, APPLICATIONS[name]["title"])
        guest.await_window("shell")
        page.clicks((300, 300))
        guest.output(page, "echo $0", f"from-{name}")
    states = lab.call("GET", "desktop/api/sessions").json["sessions"]
    applications = {one["name"]: one["application"] for one in states if one["state"] == "running"}
    assert applications == {"shell": "shell", "other": "other", "default": None}


@pytest.mark.needs("xpra")
def test_a_seamless_application_has_a_frame_and_ends_with_it(
    lab: JupyterServer, visitor: Visitor
) -> None:
    visitor.expects(*ENDS)
    desktop = opens(visitor, lab, "seamless")
    desktop.becomes("connected")
    frame = desktop.here.get_by_role("group", name="alone", exact=True)
    expect(frame).to_be_visible(timeout=20_000)
    box = frame.bounding_box()
    assert box
    assert box["width"] < 1000
    frame.get_by_role("button", name="Close").click()
    desktop.becomes("stopped")
    says(desktop, "Alone has ended")


@pytest.mark.parametrize(
    ("name", "backend"),
    [("gears", "vnc"), pytest.param("xorg", "xpra", marks=pytest.mark.needs("xpra"))],
)
def test_opengl_works_without_a_gpu(
    lab: JupyterServer, visitor: Visitor, name: str, backend: str
) -> None:
    desktop, guest = opens(visitor, lab, name), Guest(lab, name, name)
    desktop.becomes("connected")
    told = guest.file(f"opengl-{backend}", 20)
    assert "direct rendering: Yes" in told
    assert re.search(r"OpenGL renderer string: llvmpipe", told)
    fills_the_page(desktop, guest, "glxgears")
    desktop.is_live()
    assert desktop.measure()["colours"] > 20
    desktop.screenshot(f"glxgears-{backend}")


def test_names_and_titles_are_shown_as_text(lab: JupyterServer, visitor: Visitor) -> None:
    visitor.expects(*ENDS)
    desktop = opens(visitor, lab, "hostile")
    desktop.becomes("stopped")
    assert desktop.page.title() == MARKUP[:80]
    says(desktop, f"{MARKUP[:80]} has ended")
    stays_text(desktop)
