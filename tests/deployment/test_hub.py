"""The desktop behind JupyterHub, and nginx or Apache with TLS and HTTP/2 in front."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import at_work
from tests.browser.desktop import Desktop
from tests.browser.guest import TERMINAL, Guest
from tests.browser.link import Link
from tests.browser.test_open import in_tab, press_tile
from tests.browser.visitor import LINK_IS_DOWN, Visitor
from tests.clients import BINARY, EXTENDED_DESKTOP_SIZE, PING, Denied, Frame, Viewer, connect
from tests.servers import TOKEN, until

from .fronts import IDLE, Front, running_front
from .hub import ANN, BASE_URL, BOB, Hub, UserServer
from .member import Member, xsrf_of

SESSION = "desktop/api/sessions/default"
XFCE = 200  # colours, at least
_PROTOCOL = "() => performance.getEntriesByType('navigation')[0].nextHopProtocol"


class Quiet:
    """A viewer through a front, without traffic."""

    def __init__(self, viewer: Viewer) -> None:
        self.since = time.monotonic()
        self._wire = viewer.wire

    def pings(self) -> int:
        """Return the number of heartbeats; fail if the connection was cut."""
        self._wire.send(b"")  # answered by an empty message
        frames: list[Frame] = []
        while not frames or frames[-1].opcode == PING:
            frames.append(self._wire.frame())
        assert frames[-1] == Frame(BINARY, b""), "the connection was closed"
        return len(frames) - 1


@pytest.fixture(scope="module", autouse=True)
def quiet(anns: UserServer, front: Front) -> Iterator[Quiet]:
    """Starts first, so that its time passes during other tests; with a separate front."""
    ticket = anns.ticket()
    with running_front(front.kind, anns.port) as undisturbed:
        url = f"{undisturbed.address}{anns.base_url}desktop/{ticket['socket_url']}"
        headers = {"Authorization": f"token {TOKEN}"}
        wire = connect(url, ticket["protocols"], headers, undisturbed.certificate.context())
        with Viewer(wire).authenticate(ticket["password"]) as viewer:
            # Viewers that do not support a change of the size are disconnected.
            viewer.set_encodings(EXTENDED_DESKTOP_SIZE)
            yield Quiet(viewer)


@pytest.mark.parametrize("front", ["nginx", "apache", "apache-older"], indirect=True)
def test_an_address_leads_through_the_login_to_the_desktop(
    front: Front, visit: Callable[..., Visitor], anns: UserServer, guest: Guest
) -> None:
    """Also for an address without its final slash."""
    member = Member(visit(ignore_https_errors=True), ANN, front.address)
    redirect = member.visitor.context.request.get(front.address + BASE_URL[:-1], max_redirects=0)
    assert redirect.status == 302
    assert urljoin(front.address, redirect.headers["location"]) == front.address + BASE_URL
    desktop = member.opens(anns, "desktop")
    member.fills_form(desktop.page)
    at_work(desktop, guest)
    assert desktop.page.url == f"{front.address}{anns.base_url}desktop/"
    assert desktop.run(_PROTOCOL) == "h2"
    typed = guest.output(desktop, f"\necho {front.kind}", f"typed-{front.kind}")
    assert typed == f"{front.kind}\n"
    desktop.tool("Hub").hover()
    desktop.screenshot(f"hub-{front.kind}")


def test_tools_lead_back_to_jupyterlab_and_hub(ann: Member, anns: UserServer, front: Front) -> None:
    for tool, address in (("Lab", f"{anns.base_url}lab**"), ("Hub", f"{BASE_URL}hub/home")):
        desktop = ann.opens(anns)
        desktop.shows_desktop()
        desktop.tool(tool).click()
        desktop.page.wait_for_url(f"{front.address}{address}")
        desktop.page.close()


def test_the_page_reconnects_after_link_and_proxy_failures(
    member: Callable[..., Member], anns: UserServer, guest: Guest, front: Front, cable: Link
) -> None:
    someone = member(ANN, f"https://localhost:{cable.port}")
    someone.visitor.expects(*LINK_IS_DOWN)
    desktop = at_work(someone.opens(anns), guest)
    desktop.run("() => { window.mark = 1; }")
    cable.down()
    desktop.becomes("reconnecting")
    cable.up()
    print(f"live after the link was down: {desktop.is_live(5):.2f} s")
    front.stop()
    desktop.becomes("reconnecting")
    front.start()
    print(f"live after {front.kind} was started again: {desktop.is_live(5):.2f} s")
    assert desktop.run("() => window.mark") == 1
    desktop.clicks(TERMINAL)
    guest.output(desktop, "\necho back", f"back-{front.kind}")


def test_another_user_is_refused(ann: Member, bob: Member, anns: UserServer, front: Front) -> None:
    desktop = ann.opens(anns)
    desktop.shows_desktop()
    ticket = anns.ticket()
    page = bob.visitor.context.new_page()
    answer = page.goto(f"{front.address}{anns.base_url}desktop/")
    assert answer
    assert answer.status == 403
    assert page.locator("#screen").count() == 0
    for method, path in (("GET", SESSION), ("POST", f"{SESSION}/ticket"), ("DELETE", SESSION)):
        assert bob.asks(method, anns, path, {}).status == 403, path
    with pytest.raises(Denied) as denied:
        bob.open_socket(anns, ticket, front.certificate.context())
    assert denied.value.status == 403
    assert BOB not in [viewer["user"] for viewer in anns.session()["viewers"]]


@pytest.mark.parametrize("headers", ["the hub's", "the site's"])
def test_the_desktop_opens_in_a_tab_of_jupyterlab(
    ann: Member, anns: UserServer, sites: UserServer, front: Front, headers: str
) -> None:
    """With the hub's default policy for frames, and with a site's."""
    server = anns if headers == "the hub's" else sites
    page = ann.visitor.context.new_page()
    # Otherwise JupyterLab restores tabs with the address of another front.
    page.goto(f"{front.address}{server.base_url}lab?reset")
    press_tile(page)
    desktop = in_tab(page)
    desktop.shows_desktop()
    desktop.screenshot(f"hub-lab-{front.kind}-{server.name or 'default'}")


def test_a_named_server_has_its_own_desktop(
    ann: Member, anns: UserServer, sites: UserServer
) -> None:
    ann.opens(anns).shows_desktop(colours=XFCE)
    ann.opens(sites).shows_desktop()
    assert len(sites.displays()) == 1
    assert not set(sites.displays()) & set(anns.displays())


def test_heartbeats_keep_a_silent_connection_open(quiet: Quiet) -> None:
    """The proxies cut at 24 seconds here; the bridge's heartbeats come every 20."""
    until(lambda: time.monotonic() - quiet.since > IDLE + 4, "the time to be cut", IDLE + 5)
    assert quiet.pings() >= 1


def test_a_user_with_the_hub_s_access_enters_by_a_link(
    ann: Member, bob: Member, anns: UserServer, hub: Hub, front: Front
) -> None:
    ann.opens(anns).shows_desktop()
    share = anns.call("POST", f"{SESSION}/share", {"access": "view"}).json
    page = bob.visitor.context.new_page()
    address = f"{front.address}{anns.base_url}desktop/{share['url']}"
    answer = page.goto(address)
    assert answer
    assert answer.status == 403, "a link alone opens nothing"
    with shared_by_the_hub(hub, anns, BOB):
        # His browser keeps the hub's earlier refusal.
        bob.visitor.context.clear_cookies()
        page.goto(address)
        bob.fills_form(page)
        # The hub asks for authorization once.
        button = page.get_by_role("button", name="Authorize")
        expect(button.or_(page.locator("#screen"))).to_be_visible()
        if button.is_visible():
            button.click()
        Desktop(page).shows_desktop(colours=XFCE)
        asked = bob.asks("POST", anns, f"{SESSION}/ticket", {"share": share["id"]}, xsrf_of(page))
        ticket = asked.json()
        assert (asked.status, ticket["access"]) == (200, "view")
        wire = bob.open_socket(anns, ticket, front.certificate.context())
        with Viewer(wire).authenticate(ticket["password"]):
            viewers = anns.session()["viewers"]
            assert {"user": BOB, "access": "view"}.items() <= viewers[-1].items()
    # The hub's log contains also that of the users' servers.
    until(lambda: f"{anns.base_url}desktop/" in logged(hub, "share_key=[secret]"), "lines of it")
    assert share["id"] not in hub.log


def logged(hub: Hub, what: str) -> str:
    """Return the lines of the hub's log that contain it."""
    return "\n".join(line for line in hub.log.splitlines() if what in line)


@contextmanager
def shared_by_the_hub(hub: Hub, server: UserServer, user: str) -> Iterator[None]:
    """Give ``user`` access to ``server`` by the hub's sharing."""
    path = f"shares/{server.hub_user}/{server.name}"
    assert hub.api("POST", path, {"user": user}).status == 200
    yield
    assert hub.api("PATCH", path, {"user": user}).status == 200
