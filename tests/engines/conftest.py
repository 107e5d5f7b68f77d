"""Three browsers, each on a separate screen, and desktops to show in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests import programs, servers
from tests.browser.desktop import SCREENS
from tests.browser.guest import Guest

from .chromium import Chromium
from .engine import Engine
from .firefox import Firefox
from .page import Page
from .screen import Screen, running_screen
from .text_window import TextWindow, text_window
from .webkit import WebKit

ENGINES: dict[str, type[Engine]] = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}


@pytest.fixture(scope="module", params=ENGINES)
def kind(request: pytest.FixtureRequest) -> type[Engine]:
    """The browser's class; differences are in ``abilities``."""
    found = ENGINES[request.param]
    found.require()
    return found


@pytest.fixture(scope="module")
def screen(kind: type[Engine], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with running_screen(tmp_path_factory.mktemp("user")) as screen:
        yield screen


@pytest.fixture(scope="module")
def engine(
    kind: type[Engine], screen: Screen, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    with kind.running(screen, tmp_path_factory.mktemp("profile")) as engine:
        yield engine


@pytest.fixture(scope="module", params=["vnc", "xpra"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "xpra":
        programs.require("xpra")
    return name


@pytest.fixture(scope="module")
def served() -> Iterator[Callable[[str], servers.JupyterServer]]:
    """Returns the server for a backend; all browsers use the same ones."""
    with ExitStack() as stack:
        running: dict[str, servers.JupyterServer] = {}

        def server(backend: str) -> servers.JupyterServer:
            if backend not in running:
                settings = f"--DesktopApp.backend={backend}"
                running[backend] = stack.enter_context(servers.running(settings))
            return running[backend]

        yield server


@pytest.fixture(scope="module")
def server(backend: str, served: Callable[[str], servers.JupyterServer]) -> servers.JupyterServer:
    return served(backend)


@pytest.fixture(scope="module")
def guest(server: servers.JupyterServer) -> Guest:
    return Guest(server)


@pytest.fixture(scope="module")
def opened(engine: Engine, screen: Screen, server: servers.JupyterServer) -> Page:
    """The page, opened once for the tests of a module."""
    page = Page(engine, screen)
    page.opens(server)
    page.shows_desktop()
    return page


@pytest.fixture
def page(opened: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """``opened``; errors in it during a test fail that test."""
    opened.screen.layout("us")
    yield opened
    if request.node.stash.get(_FAILED, False):
        _keep_picture(opened.screen, request.node.name)
    assert not opened.problems()


@pytest.fixture(scope="module")
def window(guest: Guest, opened: Page, kind: type[Engine]) -> Iterator[TextWindow]:
    with text_window(guest, opened, f"text-{kind.__name__}") as window:
        yield window


@pytest.fixture
def desk(page: Page, window: TextWindow) -> TextWindow:
    """An empty, focused text window on the desktop."""
    window.begin()
    return window


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note for fixtures whether their test failed."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed:
        item.stash[_FAILED] = True


def _keep_picture(screen: Screen, test: str) -> None:
    folder = SCREENS.parent / "failures"
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test)
    screen.picture(folder / f"engines-{name}.png")
