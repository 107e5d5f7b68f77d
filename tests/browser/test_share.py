"""Links to view or use the desktop, and the pages after their end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, ViewportSize, expect

from tests import servers
from tests.servers import TOKEN, JupyterServer, until

from .desktop import Desktop, eventually
from .guest import Guest
from .test_ends import ENDS, says
from .visitor import Visitor

SMALL: ViewportSize = {"width": 800, "height": 600}
OWNERS = {"width": 1280, "height": 800}
# A name with HTML and a character that reverses the following text.
MALLORY = "Mallory <img src=x> \N{RIGHT-TO-LEFT OVERRIDE}"

# Users have the name of their user agent. Rita has read permission only.
PEOPLE = f"""
import uuid
from jupyter_server.auth import AllowAllAuthorizer, PasswordIdentityProvider, User

class People(PasswordIdentityProvider):
    def generate_anonymous_user(self, handler):
        agent = handler.request.headers.get("User-Agent", "")
        name = {MALLORY!r} if agent == "Mallory" else agent
        return User(uuid.uuid4().hex, name, name)

class Readers(AllowAllAuthorizer):
    def is_authorized(self, handler, user, action, resource):
        return action == "read" or user.name != "Rita"

c.ServerApp.identity_provider_class = People
c.ServerApp.authorizer_class = Readers
"""


def _with_people(server: JupyterServer) -> None:
    folder = server.home / ".jupyter"
    folder.mkdir()
    (folder / "jupyter_server_config.py").write_text(PEOPLE)


@pytest.fixture(scope="module")
def server(backend: str) -> Iterator[JupyterServer]:
    with servers.running(f"--DesktopApp.backend={backend}", prepare=_with_people) as server:
        yield server


@pytest.fixture
def owner(visit: Callable[..., Visitor], server: JupyterServer) -> Iterator[Desktop]:
    """The page of the desktop's owner; no link exists."""
    server.start_desktop()
    visitor = visit(user_agent="Ada", viewport=OWNERS)
    visitor.expects(*ENDS)
    owner = visitor.opens(server)
    owner.shows_desktop(colours=2)
    eventually(lambda: owner.size() == (1280, 800), "a desktop as large as the window")
    yield owner
    shares = server.call("GET", "desktop/api/sessions/default/shares").json["shares"]
    for one in shares:
        server.call("DELETE", f"desktop/api/sessions/default/shares/{one['id']}")


@pytest.fixture
def comes(visit: Callable[..., Visitor]) -> Callable[..., Desktop]:
    """Opens a link in a new browser."""

    def come(link: str, user: str) -> Desktop:
        visitor = visit(user_agent=user, viewport=SMALL)
        visitor.expects(*ENDS)
        page = visitor.context.new_page()
        page.goto(f"{link}&token={TOKEN}")
        return Desktop(page)

    return come


@pytest.fixture
def events(server: JupyterServer, owner: Desktop, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """The events of a focused window that fills most of the desktop."""
    guest = Guest(server)
    log = tmp_path / "events"
    what = [word for kind in ("keyboard", "button", "focus") for word in ("-event", kind)]
    place = ["-geometry", "1000x600+100+100"]
    with guest.running("stdbuf", "-oL", "xev", *place, *what, output=log):
        until(lambda: "FocusIn event" in log.read_text(), "a window that has the focus")
        yield log.read_text


def dialog(owner: Desktop) -> Locator:
    owner.tool("Share").click()
    return owner.here.get_by_role("dialog", name="Share this desktop")


def new_link(dialog: Locator, access: str = "View only") -> str:
    """Create a link in the dialog, and return it."""
    dialog.get_by_label("Access").select_option(access)
    dialog.get_by_role("button", name="Create link").click()
    field = dialog.get_by_role("textbox", name="Link")
    expect(field).to_be_focused(timeout=20_000)
    return field.input_value()


def share(server: JupyterServer, access: str, lifetime: float = 60) -> str:
    """Create a link by the API, and return it."""
    wish = {"access": access, "lifetime": lifetime}
    answer = server.call("POST", "desktop/api/sessions/default/share", wish)
    assert answer.status == 201, answer.body
    return f"{server.url}desktop/{answer.json['url']}"


def keys(events: str) -> list[str]:
    """Names of the keys that were pressed."""
    return re.findall(r"KeyPress event.*?keysym 0x\w+, (\w+)", events, re.DOTALL)


def clicks(events: str) -> int:
    """Number of mouse button presses."""
    return events.count("ButtonPress event")


def works(desktop: Desktop) -> None:
    """Press a mouse button and a key on the window that notes both."""
    box = desktop.here.locator("#screen canvas").bounding_box()
    assert box
    desktop.clicks((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    desktop.presses("x")


def shows_tools(desktop: Desktop, *names: str) -> None:
    handle = desktop.here.locator("#handle")
    if handle.is_visible():
        handle.click()
    assert desktop.tools.locator("> :visible").all_inner_texts() == list(names)


def line(dialog: Locator, text: str) -> Locator:
    return dialog.get_by_role("listitem").filter(has_text=text)


def test_a_view_link_shows_the_desktop_and_takes_no_input(
    server: JupyterServer,
    owner: Desktop,
    events: Callable[[], str],
    comes: Callable[..., Desktop],
) -> None:
    shown = dialog(owner)
    owner.screenshot("share")
    link = new_link(shown)
    assert link.startswith(f"{server.url}desktop/sessions/default/?share_key=")
    shown.get_by_role("button", name="Copy", exact=True).click()
    expect(shown.get_by_role("status")).to_have_text("The link is copied.")
    assert owner.read_clipboard() == link

    # Rita has only read permission on this server.
    rita = comes(link, "Rita")
    rita.shows_desktop(colours=2)
    rita.screenshot("share-view")
    expect(line(shown, "Rita")).to_contain_text("view only")
    expect(line(shown, "Ada")).to_contain_text("this window")
    expect(line(shown, "Ada").get_by_role("button")).to_have_count(0)
    owner.screenshot("share-connected")
    shown.get_by_role("button", name="Close").click()
    owner.has_focus()

    looks_on(rita, events)
    sees_pointer(rita, owner)
    rita.page.reload()
    rita.shows_desktop(colours=2)
    assert rita.page.url == link
    looks_on(rita, events)
    works(owner)
    # The window manager delays a click until it has raised the window.
    until(lambda: keys(events()) and clicks(events()), "a key and a click of the owner's")
    assert (keys(events()), clicks(events())) == (["x"], 1), events()
    assert Guest(server).size() == (1280, 800)


def looks_on(desktop: Desktop, events: Callable[[], str]) -> None:
    """Check the view-only page of the whole desktop in a smaller window; try input and resizes."""
    assert desktop.size() == (1280, 800)
    seen = desktop.here.locator("#screen canvas").bounding_box()
    assert seen
    assert seen["width"] <= 800
    assert seen["height"] <= 600
    expect(desktop.here.locator("#view-only")).to_be_visible()
    shows_tools(desktop, "Full screen")
    works(desktop)
    desktop.page.set_viewport_size({"width": 810, "height": 610})
    desktop.page.set_viewport_size(SMALL)


def sees_pointer(desktop: Desktop, owner: Desktop) -> None:
    """Fail unless the owner's pointer appears where the screen was plain."""
    for x, y in ((700, 400), (500, 600)):
        eventually(lambda x=x, y=y: desktop.colours(area(desktop, x, y)) == 1, "plain paper")
        owner.page.mouse.move(x, y)
        eventually(lambda x=x, y=y: desktop.colours(area(desktop, x, y)) > 1, "a pointer")


def area(desktop: Desktop, x: int, y: int) -> FloatRect:
    """Return the area in the page around a point of a desktop of 1280x800."""
    seen = desktop.here.locator("#screen canvas").bounding_box()
    assert seen
    scale = min(seen["width"] / 1280, seen["height"] / 800)
    # The picture is centred in its canvas, which may be larger.
    left = seen["x"] + (seen["width"] - 1280 * scale) / 2
    top = seen["y"] + (seen["height"] - 800 * scale) / 2
    return {"x": left + x * scale, "y": top + y * scale, "width": 8, "height": 8}


def test_a_full_link_takes_input(
    server: JupyterServer,
    owner: Desktop,
    events: Callable[[], str],
    comes: Callable[..., Desktop],
) -> None:
    shown = dialog(owner)
    grace = comes(new_link(shown, "Full control"), "Grace")
    grace.shows_desktop(colours=2)
    expect(line(shown, "Grace")).to_contain_text("full control")
    shows_tools(grace, "Keys", "Clipboard", "Full screen")
    assert not grace.here.locator("#view-only").is_visible()
    works(grace)
    # The window manager delays a click until it has raised the window.
    until(lambda: keys(events()) and clicks(events()), "a key and a click of the guest's")
    assert (keys(events()), clicks(events())) == (["x"], 1), events()


def test_a_disconnected_guest_can_return_until_the_link_ends(
    server: JupyterServer, owner: Desktop, comes: Callable[..., Desktop]
) -> None:
    shown = dialog(owner)
    mallory = comes(new_link(shown), "Mallory")
    mallory.becomes("connected")
    name = line(shown, "Mallory <img src=x>")
    expect(name).to_contain_text("view only")
    assert shown.locator("img").count() == 0
    owner.screenshot("share-hostile-name")

    name.get_by_role("button", name="Disconnect").click()
    says(mallory, "You were disconnected")
    mallory.screenshot("share-disconnected")
    expect(name).to_have_count(0)
    again = mallory.card.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    mallory.presses("Enter")
    mallory.shows_desktop(colours=2)

    line(shown, "View-only link").get_by_role("button", name="End").click()
    says(mallory, "This link has ended")
    expect(line(shown, "View-only link")).to_have_count(0)
    expect(shown.get_by_role("button", name="Create link")).to_be_focused()
    mallory.screenshot("share-ended")
    assert not again.is_visible()
    mallory.page.reload()
    says(mallory, "This link has ended")


def test_an_expired_link_disconnects_and_admits_nobody(
    server: JupyterServer, owner: Desktop, comes: Callable[..., Desktop]
) -> None:
    link = share(server, "full", 4)
    grace = comes(link, "Grace")
    grace.becomes("connected")
    says(grace, "This link has ended")
    grace.page.reload()
    says(grace, "This link has ended")
    expect(line(dialog(owner), "Can")).to_have_count(0)


def test_a_link_ends_with_its_desktop_and_not_with_a_page_reload(
    server: JupyterServer, owner: Desktop, comes: Callable[..., Desktop]
) -> None:
    link = share(server, "full")
    grace = comes(link, "Grace")
    grace.becomes("connected")
    shown = dialog(owner)
    server.call("DELETE", "desktop/api/sessions/default")
    says(grace, "The desktop has ended")
    grace.screenshot("share-desktop-ended")
    expect(shown).to_be_hidden()
    grace.page.reload()
    says(grace, "The desktop has ended")
    # Another start is another desktop.
    server.start_desktop()
    grace.page.reload()
    says(grace, "This link has ended")


def test_a_link_to_a_desktop_that_does_not_run_starts_none(
    server: JupyterServer, comes: Callable[..., Desktop]
) -> None:
    grace = comes(f"{server.url}desktop/sessions/other/?share_key=any", "Grace")
    says(grace, "The desktop is not running")
    grace.screenshot("share-not-started")
    with grace.page.expect_request("**/desktop/api/**") as asked:
        grace.page.reload()
    # JupyterHub logs the referrer of failed requests.
    assert asked.value.all_headers()["referer"] == f"{server.address}/"
    sessions = server.call("GET", "desktop/api/sessions").json["sessions"]
    assert "other" not in [one["name"] for one in sessions]


def test_a_reader_without_a_link_gets_an_error(
    visit: Callable[..., Visitor], server: JupyterServer
) -> None:
    rita = visit(user_agent="Rita")
    rita.expects(*ENDS)
    desktop = rita.opens(server)
    says(desktop, "The desktop cannot be opened")
    desktop.screenshot("share-not-permitted")
