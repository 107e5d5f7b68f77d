"""While programs save at a desktop's end, all its pages say so and stay usable."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pytest
from playwright.sync_api import expect

from tests import servers
from tests.integration.test_idle import OFTEN
from tests.integration.test_saving import PROGRAM, text
from tests.servers import TOKEN, JupyterServer, until

from .desktop import Desktop
from .guest import Guest
from .test_ends import ENDS, says
from .test_share import share
from .visitor import Visitor

START = f"""#!/bin/sh
{PROGRAM} "$HOME/file" --asks &
exec openbox --sm-disable
"""
# Seconds in which the test answers the program's question.
PATIENCE = "--DesktopApp.stop_timeout=60"

SAVING = "Saving…"
# Records all texts of the page's notice.
_NOTE = """() => {
  const line = document.querySelector("#notice-text");
  window.said = [line.textContent];
  const note = () => window.said.push(line.textContent);
  new MutationObserver(note).observe(line, { childList: true, characterData: true, subtree: true });
}"""


def kill_programs(server: JupyterServer) -> None:
    for process in server.processes("saving_program.py"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def said(desktop: Desktop) -> list[str]:
    """Return the page's notices since it was connected."""
    texts: list[str] = desktop.run("() => window.said.filter(Boolean)")
    return texts


def prepare(server: JupyterServer) -> None:
    (server.home / "start").write_text(START)
    folder = server.home / ".jupyter" / "desktop" / "applications"
    folder.mkdir(parents=True)
    told = {"command": f"{PROGRAM} {server.home}/file --asks", "title": "Editor"}
    (folder / "editor.json").write_text(json.dumps(told))
    (server.home / ".jupyter" / "jupyter_server_config.py").write_text(OFTEN)


@pytest.fixture
def start(backend: str) -> Iterator[Callable[..., JupyterServer]]:
    """Starts servers with a desktop or application whose program asks before it saves."""
    with ExitStack() as stack:

        def start(*settings: str, name: str = "default", title: str = "") -> JupyterServer:
            given = (f"--DesktopApp.backend={backend}", PATIENCE, *settings)
            server = stack.enter_context(
                servers.running(*given, start_script="~/start", prepare=prepare, check=False)
            )
            server.start_desktop(name, **({"application": name} if title else {}))
            until(lambda: text(server, "file") == "up", "the program's window", 45)
            # Runs before the server stops, which would wait for an answer.
            stack.callback(kill_programs, server)
            return server

        yield start


@pytest.fixture
def comes(visit: Callable[..., Visitor]) -> Callable[[str], Desktop]:
    """Opens an address in a new browser."""

    def come(address: str) -> Desktop:
        visitor = visit()
        # Only the newest ticket's password is valid: one page may need another one.
        visitor.expects(*ENDS, r"Authentication failure")
        page = visitor.context.new_page()
        page.goto(f"{address}{'&' if '?' in address else '?'}token={TOKEN}")
        return is_connected(Desktop(page))

    return come


def is_connected(desktop: Desktop) -> Desktop:
    desktop.shows_desktop(colours=2)
    expect(desktop.notice).to_be_hidden(timeout=15_000)
    desktop.run(_NOTE)
    return desktop


def another_tab(desktop: Desktop) -> Desktop:
    page = desktop.page.context.new_page()
    page.goto(desktop.page.url)
    return is_connected(Desktop(page))


@contextmanager
def in_use(server: JupyterServer) -> Iterator[None]:
    """Keep the server active by other requests."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.5):
            server.call("GET", "api/contents")

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    yield
    over.set()
    worker.join(30)


def say_that_programs_save(server: JupyterServer, *desktops: Desktop) -> None:
    """Fail unless all pages show "Saving…" and the desktop while the program asks."""
    until(lambda: text(server, "file") == "asks", "the program to ask", 30)
    for desktop in desktops:
        expect(desktop.notice.get_by_text(SAVING, exact=True)).to_be_visible(timeout=15_000)
        assert desktop.state == "connected"
        desktop.shows_desktop(colours=2)


def answers(desktop: Desktop, inside: Guest) -> None:
    """Answer the program's question in that page."""
    inside.await_focus("Save?")
    desktop.page.bring_to_front()
    desktop.presses("Enter")
    until(lambda: text(inside.server, "file") == "saved", "the program to save", 30)


@pytest.mark.parametrize("who", ["owner", "guest"])
def test_stop_shows_saving_on_all_pages_until_a_viewer_answers(
    start: Callable[..., JupyterServer], comes: Callable[[str], Desktop], who: str
) -> None:
    """The page with Stop or a guest with control answers."""
    server = start()
    owner = comes(f"{server.url}desktop/")
    other = another_tab(owner)
    grace, rita = (comes(share(server, access, 3600)) for access in ("full", "view"))
    owner.page.bring_to_front()
    owner.tool("Stop").click()
    owner.confirms("Stop")
    say_that_programs_save(server, owner, other, grace, rita)
    answers({"owner": owner, "guest": grace}[who], Guest(server))
    for desktop in (owner, other, grace, rita):
        desktop.becomes("stopped", seconds=30)
        says(desktop, "The desktop has ended")
    expect(owner.card).to_contain_text("It was stopped.")
    assert set(said(owner)) == {"Stopping the desktop…", SAVING}
    for desktop in (other, grace, rita):
        assert set(said(desktop)) == {SAVING}


def test_restart_shows_saving_until_the_owner_answers(
    start: Callable[..., JupyterServer], comes: Callable[[str], Desktop]
) -> None:
    server = start()
    before = Guest(server).display_server.pid
    owner = comes(f"{server.url}desktop/")
    rita = comes(share(server, "view", 3600))
    owner.page.bring_to_front()
    owner.tool("Restart").click()
    owner.confirms("Restart")
    say_that_programs_save(server, owner, rita)
    answers(owner, Guest(server))
    until(lambda: text(server, "file") == "up", "the program on a new desktop", 45)
    owner.becomes("connected", seconds=30)
    owner.shows_desktop(colours=2)
    assert Guest(server).display_server.pid != before
    assert "Connection lost" not in " ".join([*said(owner), *said(rita)])
    assert set(said(owner)) <= {SAVING, "Starting the session…"}


def test_an_idle_server_shows_saving_on_all_pages(
    start: Callable[..., JupyterServer], comes: Callable[[str], Desktop]
) -> None:
    server = start("--ServerApp.shutdown_no_activity_timeout=15")
    with in_use(server):
        owner = comes(f"{server.url}desktop/")
        grace, rita = (comes(share(server, access, 3600)) for access in ("full", "view"))
    until(lambda: text(server, "file") == "asks", "the server to be idle", 60)
    say_that_programs_save(server, owner, grace, rita)
    for desktop in (owner, grace, rita):
        assert set(said(desktop)) == {SAVING}
    answers(grace, Guest(server))
    until(lambda: server.process.poll() is not None, "the end of the server", 30)


def test_a_stopped_application_shows_saving_in_all_tabs(
    start: Callable[..., JupyterServer], comes: Callable[[str], Desktop]
) -> None:
    server = start(name="editor", title="Editor")
    owner = comes(f"{server.url}desktop/sessions/editor/")
    other = another_tab(owner)
    owner.page.bring_to_front()
    owner.tool("Stop").click()
    owner.confirms("Stop")
    say_that_programs_save(server, owner, other)
    answers(other, Guest(server, "editor", "Editor"))
    for desktop in (owner, other):
        desktop.becomes("stopped", seconds=30)
        expect(desktop.card).to_contain_text("It was stopped.")
    assert set(said(owner)) == {"Stopping Editor…", SAVING}
    assert set(said(other)) == {SAVING}
