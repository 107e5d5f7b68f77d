"""Reverse proxies that are not set up as they should be: the page says what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests import users
from tests.browser.visitor import LINK_IS_DOWN, Visitor
from tests.integration.viewing import view
from tests.servers import JupyterServer

from .fronts import running_front
from .hub import BASE_URL

# What to leave out of the documented files, so that no WebSocket opens.
NO_UPGRADE = {
    "nginx": {"proxy_set_header Upgrade    $http_upgrade;": ""},
    "apache": {" upgrade=websocket": ""},
}

# So that Jupyter is told another address than the browser knows.
OTHER_HOST = {
    "nginx": {"proxy_set_header Host              $http_host;": ""},
    "apache": {"ProxyPreserveHost On": "ProxyPreserveHost Off"},
}

# So that the proxy takes away the prefix that Jupyter knows of.
NO_PREFIX = {
    "nginx": {"proxy_pass http://127.0.0.1:8000;": "proxy_pass http://127.0.0.1:8000/;"},
    "apache": {"127.0.0.1:8000/jupyter/": "127.0.0.1:8000/"},
}


@pytest.mark.parametrize("kind", NO_UPGRADE)
def test_a_proxy_that_passes_no_websockets(
    kind: str, prefixed: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, prefixed.port, NO_UPGRADE[kind]) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(*LINK_IS_DOWN)
        desktop = visitor.opens(prefixed, at=front.address)
        expect(desktop.notice).to_contain_text("Upgrade", timeout=30_000)
        desktop.screenshot(f"no-upgrade-{kind}")
        assert "pass on the headers Upgrade and Connection" in prefixed.log


@pytest.mark.parametrize("kind", OTHER_HOST)
def test_a_proxy_that_changes_the_host(
    kind: str, prefixed: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, prefixed.port, OTHER_HOST[kind]) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(r"Failed to load resource: .* 403")
        desktop = visitor.opens(prefixed, at=front.address)
        desktop.becomes("failed")
        expect(desktop.card).to_contain_text(front.address)
        expect(desktop.card).to_contain_text("pass Host on (nginx: proxy_set_header Host")
        desktop.screenshot(f"other-host-{kind}")
        assert f"Origin: {front.address}" in prefixed.log


@pytest.mark.parametrize("kind", NO_PREFIX)
def test_a_proxy_that_takes_the_prefix_away(
    kind: str, prefixed: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, prefixed.port, NO_PREFIX[kind]) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(r"Failed to load resource: .* 404")
        page = visitor.opens(prefixed, at=front.address).page
        expect(page.locator("p")).to_contain_text(f"this Jupyter server is at {prefixed.base_url}")
        expect(page.locator("p")).to_contain_text("pass the path on unchanged")


@pytest.mark.parametrize("kind", NO_PREFIX)
def test_a_jupyter_that_does_not_know_the_prefix(
    kind: str, server: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, server.port) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(r"Failed to load resource: .* 404")
        page = visitor.opens(server, f"{BASE_URL[1:]}desktop/", at=front.address).page
        expect(page.locator("p")).to_contain_text("its desktop at /desktop/")
        expect(page.locator("p")).to_contain_text(f'c.ServerApp.base_url = "{BASE_URL}"')


def test_a_user_without_a_name_whose_home_is_read_only(
    jupyter: Callable[..., JupyterServer],
) -> None:
    """As in containers on platforms that give each a user id of its own."""

    def prepare(server: JupyterServer) -> None:
        # Without it Jupyter itself would not start.
        (server.home / "jupyter-runtime").mkdir(mode=0o700)
        server.home.chmod(0o555)

    user = users.new()
    server = jupyter(prepare=prepare, start_script="openbox", user=user)
    server.start_desktop()
    assert server.process_of("-rfbunixpath").uids().real == user
    assert not (server.home / ".config").exists()
    with view(server) as viewer:
        assert viewer.width


def test_a_user_without_a_name_whose_desktop_needs_one(
    jupyter: Callable[..., JupyterServer],
) -> None:
    user = users.new()
    server = jupyter(start_script="xfce", user=user)
    failed = server.start_desktop(state="failed")
    # Nothing is missing that could be installed.
    assert failed["error"]["remedy"] == "The last lines of the log below say why."
    said = "\n".join(failed["log"])
    assert f"requires an account with a name, and UID {user} has none" in said
    assert "Add the account to /etc/passwd, or use a bare window manager" in said
