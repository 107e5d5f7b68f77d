"""Chromium, and desktops to show in it.

Errors on a page's console and violations of its Content-Security-Policy fail the test.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import servers

from .chromium import running_browser
from .desktop import SCREENS, Desktop
from .guest import TERMINAL, TITLE, Guest, with_terminals
from .link import Link, link
from .visitor import CLIPBOARD, Visitor

# Only for `make pictures`.
collect_ignore = [] if "PICTURES" in os.environ else ["test_pictures.py"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note for fixtures whether their test failed."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[_FAILED] = report.failed


_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A browser for all tests; closed before tests with another event loop."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, with permissions and options of ``Browser.new_context``."""
    visitors: list[Visitor] = []

    def make(permissions: tuple[str, ...] = CLIPBOARD, **options: Any) -> Visitor:
        visitors.append(Visitor(chromium, permissions, **options))
        return visitors[-1]

    yield make
    if request.node.stash.get(_FAILED, False):
        _keep_pictures(visitors, request.node.name)
    for visitor in visitors:
        visitor.context.close()
    problems = [problem for visitor in visitors for problem in visitor.unexpected()]
    assert not problems, "\n".join(problems)


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """A visitor whose browser allows the clipboard."""
    return visit()


@pytest.fixture(scope="module", params=["vnc", "xpra"])
def backend(request: pytest.FixtureRequest) -> str:
    """The backend: both pass the same tests, since users must not notice a difference."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def server(backend: str) -> Iterator[servers.JupyterServer]:
    """A Jupyter server for the tests of one module, with its usual settings."""
    with servers.running(f"--DesktopApp.backend={backend}") as server:
        yield server


@pytest.fixture(scope="module")
def xfce(backend: str) -> Iterator[servers.JupyterServer]:
    """A Jupyter server whose desktop is Xfce, with terminals on it."""
    settings = f"--DesktopApp.backend={backend}"
    with servers.running(settings, start_script="xfce", prepare=with_terminals) as server:
        yield server


@pytest.fixture
def guest(xfce: servers.JupyterServer) -> Guest:
    """The inside of ``desktop``."""
    return Guest(xfce)


@pytest.fixture
def desktop(visitor: Visitor, xfce: servers.JupyterServer, guest: Guest) -> Desktop:
    """An Xfce desktop whose terminal has the focus."""
    return at_work(visitor.opens(xfce), guest)


@pytest.fixture(scope="module")
def cable(xfce: servers.JupyterServer) -> Iterator[Link]:
    """A network link to ``xfce``."""
    with link(xfce.port) as made:
        yield made


@pytest.fixture
def linked(visitor: Visitor, xfce: servers.JupyterServer, guest: Guest, cable: Link) -> Desktop:
    """``desktop``, seen through ``cable``."""
    cable.repair()
    return at_work(visitor.opens(xfce, at=cable.address), guest)


def at_work(desktop: Desktop, guest: Guest) -> Desktop:
    # The background picture has as many colours; it appears late.
    desktop.shows_desktop(colours=1000)
    guest.await_terminals()
    desktop.is_live()
    desktop.clicks(TERMINAL)
    # Keys pressed before that would be lost.
    guest.await_focus(TITLE)
    return desktop


def _keep_pictures(visitors: list[Visitor], test: str) -> None:
    folder = SCREENS.parent / "failures"
    folder.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test)
    for number, page in enumerate(page for one in visitors for page in one.context.pages):
        page.screenshot(path=folder / f"{name}-{number}.png", animations="disabled")
