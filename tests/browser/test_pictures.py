"""The documentation's pictures, of what users see: run by `make pictures` only.

$PICTURES is the folder they are written to.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests import servers
from tests.deployment.slurm import running_cluster
from tests.servers import TOKEN, JupyterServer, until

from .desktop import Desktop
from .guest import Guest
from .link import link
from .scene import with_work
from .test_ends import ENDS, says
from .test_open import tile_of
from .test_seamless import Window
from .test_share import PEOPLE, dialog, line, new_link
from .visitor import Visitor

FOLDER = Path(os.environ["PICTURES"])
SIZE: ViewportSize = {"width": 1200, "height": 750}
# Left and top of each window, the one that is used at last.
PLACES = {"resonance": (40, 75), "run-07.svg": (715, 75), "Terminal": (330, 400)}


def _running(*arguments: str, **options: Any) -> Any:
    """Run a server as an ordinary user, whom programs do not warn of what root may do."""
    environment = {"JUPYTERLAB_DIR": f"{sys.prefix}/share/jupyter/lab"}
    # D-Bus serves only accounts with a name; as this one nothing runs.
    user = pwd.getpwnam("games").pw_uid if os.getuid() == 0 else None
    return servers.running(
        *arguments, prepare=_prepare, user=user, environment=environment, **options
    )


def _prepare(server: JupyterServer) -> None:
    with_work(server)
    folder = server.home / ".jupyter"
    folder.mkdir()
    # What the file browser shows is the work, not the folder of the test.
    settings = f"{PEOPLE}\nc.ServerApp.root_dir = {str(server.home / 'resonance')!r}\n"
    (folder / "jupyter_server_config.py").write_text(settings)
    # JupyterLab would ask whether it may fetch news.
    (folder / "labconfig").mkdir()
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(news))


@pytest.fixture(scope="module")
def lab() -> Iterator[JupyterServer]:
    with _running(application="lab", start_script="xfce") as server:
        yield server


@pytest.fixture
def ada(visit: Callable[..., Visitor]) -> Visitor:
    """Whose desktop it is."""
    visitor = visit(user_agent="Ada", viewport=SIZE)
    visitor.expects(*ENDS)
    return visitor


def at_work(desktop: Desktop, server: JupyterServer) -> Desktop:
    """Wait for the programs, and put their windows in order."""
    desktop.shows_desktop(colours=100)
    expect(desktop.notice).to_be_hidden(timeout=20_000)
    guest = Guest(server)
    for title, place in PLACES.items():
        _put(guest, title, *map(str, place))
    desktop.is_still()
    return desktop


def _put(guest: Guest, title: str, x: str, y: str) -> None:
    def placed() -> bool:
        chain = ("--name", f"^{title}", "windowactivate", "windowmove", x, y)
        guest.run("xdotool", "search", "--onlyvisible", *chain, check=False)
        return title in guest.run("xdotool", "getactivewindow", "getwindowname", check=False)

    until(placed, f"a window called {title!r} in its place", 30)


def uses_terminal(desktop: Desktop) -> None:
    for command in ("ls\n", "python3 fit.py measured/run-07.csv\n"):
        desktop.types(command)
        desktop.is_still()


def test_application(visit: Callable[..., Visitor]) -> None:
    told = {"gears": {"command": "glxgears", "title": "Gears"}}
    visitor = visit(viewport={"width": 900, "height": 560})
    visitor.expects(*ENDS)
    with servers.running(f"--DesktopApp.applications={told}") as server:
        desktop = visitor.opens(server, "desktop/sessions/gears/")
        desktop.becomes("connected")
        desktop.is_live()
        expect(desktop.notice).to_be_hidden(timeout=20_000)
        desktop.tool("Keys")
        keep(desktop.page, "application")


def keep(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def test_launcher(lab: JupyterServer, ada: Visitor) -> None:
    page = ada.context.new_page()
    page.goto(f"{lab.url}lab?token={TOKEN}")
    tile_of(page).hover(timeout=60_000)
    expect(page.get_by_text("notes.md")).to_be_visible()
    keep(page, "launcher")


def test_desktop(lab: JupyterServer, ada: Visitor, visit: Callable[..., Visitor]) -> None:
    with link(lab.port) as cable:
        desktop = at_work(ada.opens(lab, at=cable.address), lab)
        uses_terminal(desktop)
        desktop.tool("Clipboard").hover()
        keep(desktop.page, "desktop")
        keys(desktop)
        clipboard(desktop, Guest(lab))
        share(desktop, visit)
        cable.down()
        expect(desktop.notice).to_contain_text("Connection lost")
        keep(desktop.page, "reconnecting")
        cable.up()
        desktop.becomes("connected")
        lab.call("DELETE", "desktop/api/sessions/default")
        says(desktop, "The desktop has ended")
        keep(desktop.page, "ended")


def keys(desktop: Desktop) -> None:
    desktop.tool("Keys").click()
    expect(desktop.here.get_by_role("menu")).to_be_visible()
    keep(desktop.page, "keys")
    desktop.presses("Escape", "Escape")


def clipboard(desktop: Desktop, guest: Guest) -> None:
    guest.copy("peak      5.66 at 1.00\nwidth     0.10\n")
    panel = desktop.opens_panel()
    panel.get_by_role("button", name="Copy from desktop").click()
    expect(panel.get_by_role("status")).to_have_text("Copied to this computer.")
    keep(desktop.page, "clipboard")
    panel.get_by_role("button", name="Close").click()


def share(desktop: Desktop, visit: Callable[..., Visitor]) -> None:
    shown = dialog(desktop)
    grace = visit(user_agent="Grace")
    grace.expects(*ENDS)
    looks_on = grace.context.new_page()
    looks_on.goto(f"{new_link(shown)}&token={TOKEN}")
    expect(line(shown, "Grace")).to_contain_text("view only")
    keep(desktop.page, "share")
    looks_on.close()
    shown.get_by_role("button", name="Close").click()


def test_seamless(ada: Visitor) -> None:
    settings = ("--DesktopApp.backend=xpra", "--Xpra.mode=seamless")
    with _running(*settings, start_script="~/.programs.sh") as server:
        desktop = ada.opens(server)
        figure, terminal = Window(desktop, "run-07.svg"), Window(desktop, "Terminal")
        for window, (x, y) in ((figure, (660, 90)), (terminal, (90, 300))):
            expect(window.frame).to_be_visible(timeout=30_000)
            window.drags((100, 15), (x - window.box["x"], y - window.box["y"]))
            window.has_focus()
        desktop.page.mouse.move(600, 700)
        uses_terminal(desktop)
        keep(desktop.page, "seamless")


def test_slurm(visit: Callable[..., Visitor]) -> None:
    settings = ("--DesktopApp.placement=slurm", "--Slurm.most_hours=2", "--Slurm.most_gpus=4")
    partitions = [f"--Slurm.partitions={name}" for name in ("main", "small")]
    visitor = visit(viewport={"width": 900, "height": 560})
    visitor.expects(*ENDS)
    with (
        running_cluster() as cluster,
        servers.running(*settings, *partitions, environment=cluster.environment) as server,
    ):
        desktop = visitor.opens(server)
        desktop.card.get_by_label("Hours").fill("1.5")
        keep(desktop.page, "slurm-form")
        cluster.fill()
        desktop.card.get_by_role("button", name="Start").click()
        expect(desktop.card).to_contain_text("expected to begin", timeout=60_000)
        keep(desktop.page, "slurm-waiting")
