"""A hub, reverse proxies in front of it, and its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser import conftest
from tests.browser.guest import Guest, with_terminals
from tests.browser.link import Link, link
from tests.browser.visitor import Visitor
from tests.servers import JupyterServer, running

from .fronts import Front, running_front
from .hub import ANN, BASE_URL, BOB, Hub, UserServer, running_hub
from .images import Images, image_store
from .member import Member

# The browser and its visitors.
chromium, visit, visitor = conftest.chromium, conftest.visit, conftest.visitor
pytest_runtest_makereport = conftest.pytest_runtest_makereport


@pytest.fixture(scope="package")
def hub() -> Iterator[Hub]:
    """A hub with two users, and no servers yet."""
    with running_hub() as started:
        yield started


@pytest.fixture(scope="package")
def anns(hub: Hub) -> UserServer:
    """The server of Ann, with "@" in her name; its desktop is Xfce with terminals."""
    settings = ["--DesktopApp.open_in=lab-tab", "--DesktopApp.backend=vnc"]
    server = hub.server(ANN, arguments=settings, start_script="xfce", prepare=with_terminals)
    server.start_xfce()
    return server


@pytest.fixture(scope="package")
def sites(hub: Hub) -> UserServer:
    """A second, named server of Ann's, with headers set by the site."""
    headers = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
    settings = [f"--ServerApp.tornado_settings={headers}", "--DesktopApp.open_in=lab-tab"]
    return hub.server(ANN, "site", settings)


@pytest.fixture(scope="module", params=["nginx", "apache"])
def front(request: pytest.FixtureRequest, hub: Hub) -> Iterator[Front]:
    """A reverse proxy in front of the hub."""
    with running_front(request.param, hub.port) as started:
        yield started


@pytest.fixture(scope="module")
def cable(front: Front) -> Iterator[Link]:
    """A network link to ``front``."""
    with link(front.port) as made:
        yield made


@pytest.fixture
def member(front: Front, visit: Callable[..., Visitor]) -> Callable[..., Member]:
    """Makes logged-in users of the hub, each with a browser; ``at`` is the front by default."""

    def make(name: str, at: str = "") -> Member:
        made = Member(visit(ignore_https_errors=True), name, at or front.address)
        made.logs_in()
        return made

    return make


@pytest.fixture
def ann(member: Callable[..., Member]) -> Member:
    return member(ANN)


@pytest.fixture
def bob(member: Callable[..., Member]) -> Member:
    """Another user."""
    return member(BOB)


@pytest.fixture
def guest(anns: UserServer) -> Guest:
    """The inside of the desktop of ``anns``."""
    return Guest(anns)


@pytest.fixture(scope="module")
def prefixed() -> Iterator[JupyterServer]:
    """A Jupyter server without a hub, at the hub's prefix of the documented files."""
    with running("--ServerApp.allow_remote_access=True", base_url=BASE_URL) as server:
        yield server


@pytest.fixture(scope="package")
def images() -> Iterator[Images]:
    """Images of this repository; common layers are built once."""
    with image_store() as store:
        yield store
