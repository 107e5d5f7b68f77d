"""Sessions that end, fail or cannot start: the page says why, and there is a way on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import servers
from tests.integration.viewing import session_processes
from tests.servers import JupyterServer, until

from .desktop import Desktop
from .guest import Guest, display_servers
from .link import link
from .visitor import LINK_IS_DOWN, Visitor

# What the browser and noVNC say of connections that the test brings to an end.
ENDS = (
    *LINK_IS_DOWN,
    r"Failed to load resource: .* (401|403|404|409|410)",
    r"Failed when connecting: Connection closed",
)


def starts_again(desktop: Desktop, label: str = "Start again") -> None:
    """Press the card's button by keyboard; it has the focus."""
    button = desktop.card.get_by_role("button", name=label)
    expect(button).to_be_focused()
    desktop.presses("Enter")
    desktop.becomes("connected", seconds=45)
    desktop.shows_desktop(colours=2)


def says(desktop: Desktop, title: str) -> None:
    expect(desktop.card.get_by_role("heading", name=title)).to_be_visible(timeout=15_000)


@pytest.fixture
def openbox(server: JupyterServer, visitor: Visitor) -> Desktop:
    """A small desktop, new for each test."""
    visitor.expects(*ENDS)
    server.start_desktop()
    desktop = visitor.opens(server)
    desktop.becomes("connected")
    return desktop


def test_log_out_and_start_again(desktop: Desktop, guest: Guest, visitor: Visitor) -> None:
    visitor.expects(*LINK_IS_DOWN)
    before = guest.display_server.pid
    guest.run("xfce4-session-logout", "--logout", "--fast")
    desktop.becomes("stopped")
    says(desktop, "The desktop has ended")
    # A page that knows of the end asks for nothing more (HTTP 410), which the console would show.
    assert not visitor.unexpected()
    expect(desktop.card).to_contain_text("logged out")
    desktop.screenshot("stopped")
    starts_again(desktop)
    assert guest.display_server.pid != before


# What the page says of a desktop that has lost a part: its state, title, reason, and the way on.
STOPPED = ("stopped", "The desktop has ended")
LOST = {
    "display server": (*STOPPED, "display server ended (signal 9)", "Start again"),
    "start script": (*STOPPED, "logged out (signal 9)", "Start again"),
    "worker": (
        *("failed", "The desktop stopped unexpectedly"),
        *("session process ended without an error message", "Try again"),
    ),
    "keeper": (*STOPPED, "It was ended.", "Start again"),
}


@pytest.mark.parametrize("part", LOST)
def test_a_part_is_killed(server: JupyterServer, openbox: Desktop, part: str) -> None:
    state, title, reason, way_on = LOST[part]
    script = {"start script": server.process_of("--sm-disable")}
    before = {**session_processes(server), **script}
    before[part].kill()
    openbox.becomes(state)
    says(openbox, title)
    expect(openbox.card).to_contain_text(reason)
    starts_again(openbox, way_on)
    assert session_processes(server)["keeper"] != before["keeper"]


def test_restart_from_the_toolbar(server: JupyterServer, openbox: Desktop) -> None:
    before = Guest(server).display_server.pid
    openbox.tool("Restart").click()
    openbox.screenshot("confirm")
    openbox.confirms("Restart")
    until(
        lambda: [one.pid for one in display_servers(server)] not in ([before], []),
        "another display server",
    )
    openbox.becomes("connected")


def test_stop_from_the_toolbar(server: JupyterServer, openbox: Desktop) -> None:
    openbox.tool("Stop").click()
    openbox.confirms("Stop")
    openbox.becomes("stopped")
    expect(openbox.card).to_contain_text("It was stopped.")
    assert server.session()["state"] == "stopped"
    assert not display_servers(server)
    starts_again(openbox)


# A program that takes all the time there is.
SAVES_LONG = """#!/bin/sh
sh -c 'trap "" TERM; while :; do sleep 1; done' &
exec openbox --sm-disable
"""


def test_it_says_that_programs_save(visitor: Visitor, backend: str) -> None:
    def prepare(server: JupyterServer) -> None:
        (server.home / "start").write_text(SAVES_LONG)

    visitor.expects(*ENDS)
    settings = (f"--DesktopApp.backend={backend}", "--DesktopApp.stop_timeout=4")
    with servers.running(*settings, start_script="~/start", prepare=prepare) as server:
        server.start_desktop()
        desktop = visitor.opens(server)
        desktop.becomes("connected")
        desktop.tool("Stop").click()
        desktop.confirms("Stop")
        expect(desktop.notice).to_contain_text("Saving…")
        desktop.becomes("stopped")
        expect(desktop.card).to_contain_text("It was stopped.")


def test_two_tabs_start_one_desktop_again(
    server: JupyterServer, openbox: Desktop, visitor: Visitor
) -> None:
    # The newest ticket's password is in force: one page may have to ask for another.
    visitor.expects(r"Authentication failure")
    other = Desktop(openbox.page.context.new_page())
    other.page.goto(openbox.page.url)
    other.becomes("connected")
    server.call("DELETE", "desktop/api/sessions/default")
    for one in (openbox, other):
        one.becomes("stopped")
    for one in (openbox, other):
        one.card.get_by_role("button", name="Start again").click()
    for one in (openbox, other):
        one.becomes("connected")
    assert len(display_servers(server)) == 1


def path_without(folder: Path, *missing: str) -> str:
    """Return a PATH with all programs of the system but ``missing``."""
    folder.mkdir()
    for place in (Path("/usr/bin"), Path("/usr/sbin")):
        for program in place.iterdir():
            if program.name not in missing and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def test_a_missing_vnc_server_shows_the_remedy(
    jupyter: Callable[..., JupyterServer], visitor: Visitor, tmp_path: Path
) -> None:
    path = path_without(tmp_path / "bin", "Xtigervnc", "Xvnc", "xpra")
    server = jupyter(environment={"PATH": path})
    desktop = visitor.opens(server)
    desktop.becomes("failed")
    says(desktop, "The desktop did not start")
    expect(desktop.card).to_contain_text("No VNC server is installed")
    expect(desktop.card.get_by_label("Command")).to_have_text(
        "sudo apt install tigervnc-standalone-server"
    )
    desktop.screenshot("missing-server")
    desktop.card.get_by_role("button", name="Copy").click()
    assert desktop.read_clipboard() == "sudo apt install tigervnc-standalone-server"
    (tmp_path / "bin" / "Xtigervnc").symlink_to("/usr/bin/Xtigervnc")
    desktop.card.get_by_role("button", name="Try again").click()
    desktop.becomes("connected")


def test_a_start_script_that_fails_shows_what_it_said(
    jupyter: Callable[..., JupyterServer], visitor: Visitor, tmp_path: Path
) -> None:
    script = tmp_path / "xstartup"
    script.write_text("echo 'cannot find <b>the module</b> paraview' >&2; exit 3\n")
    server = jupyter(start_script=script)
    visitor.expects(*ENDS)
    desktop = visitor.opens(server)
    desktop.becomes("failed")
    expect(desktop.card).to_contain_text("status 3")
    log = desktop.card.get_by_label("Log", exact=True)
    # As text: what a program prints is no part of the page.
    expect(log).to_contain_text("cannot find <b>the module</b> paraview")
    assert log.locator("b").count() == 0
    desktop.screenshot("failed")
    script.write_text("exec openbox --sm-disable\n")
    starts_again(desktop, "Try again")


def test_a_start_script_that_is_missing_is_named(
    jupyter: Callable[..., JupyterServer], visitor: Visitor
) -> None:
    desktop = visitor.opens(jupyter(start_script="/nowhere/xstartup"))
    desktop.becomes("failed")
    expect(desktop.card).to_contain_text("/nowhere/xstartup")
    expect(desktop.card).to_contain_text("DesktopApp.start_script")


def test_signed_out(server: JupyterServer, visitor: Visitor) -> None:
    server.start_desktop()
    visitor.expects(*ENDS)
    with link(server.port) as cable:
        desktop = visitor.opens(server, at=cable.address)
        desktop.becomes("connected")
        visitor.context.clear_cookies()
        cable.cut()
        desktop.becomes("failed")
        says(desktop, "You have been signed out")
        desktop.screenshot("signed-out")
        desktop.card.get_by_role("link", name="Sign in").click()
        desktop.page.get_by_role("textbox").first.fill(servers.TOKEN)
        desktop.presses("Enter")
        desktop.becomes("connected")


def test_a_server_that_ended_is_waited_for(
    jupyter: Callable[..., JupyterServer], visitor: Visitor
) -> None:
    server = jupyter()
    visitor.expects(*ENDS)
    desktop = visitor.opens(server)
    # Until there is a picture to keep, the page only connects.
    desktop.shows_desktop(colours=2)
    # Killed, since one that ends in order may still answer that the session has ended.
    server.signal(signal.SIGKILL)
    server.process.wait(20)
    desktop.becomes("reconnecting")
    expect(desktop.notice).to_contain_text("Connection lost")
    desktop.screenshot("reconnecting")


def test_wrong_settings_are_said(jupyter: Callable[..., JupyterServer], visitor: Visitor) -> None:
    server = jupyter("--DesktopApp.clipboard=of")
    visitor.expects(r"status of 500")
    page = visitor.opens(server).page
    expect(page.locator("body")).to_contain_text("The settings of the desktop are wrong.")
    expect(page.locator("body")).to_contain_text("not the str 'of'")
