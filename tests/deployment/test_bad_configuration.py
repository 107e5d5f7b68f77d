"""Misconfigured reverse proxies: the page says what is wrong."""

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

# Changes of the documented files: no WebSocket opens.
NO_UPGRADE = {
    "nginx": {"proxy_set_header Upgrade    $http_upgrade;": ""},
    "apache": {" upgrade=websocket": ""},
}

# Jupyter gets another host than the browser's.
OTHER_HOST = {
    "nginx": {"proxy_set_header Host              $http_host;": ""},
    "apache": {"ProxyPreserveHost On": "ProxyPreserveHost Off"},
}

# The proxy removes Jupyter's prefix.
NO_PREFIX = {
    "nginx": {"proxy_pass http://127.0.0.1:8000;": "proxy_pass http://127.0.0.1:8000/;"},
    "apache": {"127.0.0.1:8000/jupyter/": "127.0.0.1:8000/"},
}


@pytest.mark.parametrize("kind", NO_UPGRADE)
def test_a_proxy_without_websockets_is_explained(
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
def test_a_proxy_that_changes_the_host_is_explained(
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
def test_a_proxy_that_removes_the_prefix_is_explained(
    kind: str, prefixed: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, prefixed.port, NO_PREFIX[kind]) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(r"Failed to load resource: .* 404")
        page = visitor.opens(prefixed, at=front.address).page
        expect(page.locator("p")).to_contain_text(f"this Jupyter server is at {prefixed.base_url}")
        expect(page.locator("p")).to_contain_text("pass the path on unchanged")


@pytest.mark.parametrize("kind", NO_PREFIX)
def test_a_jupyter_without_the_prefix_is_explained(
    kind: str, server: JupyterServer, visit: Callable[..., Visitor]
) -> None:
    with running_front(kind, server.port) as front:
        visitor = visit(ignore_https_errors=True)
        visitor.expects(r"Failed to load resource: .* 404")
        page = visitor.opens(server, f"{BASE_URL[1:]}desktop/", at=front.address).page
        expect(page.locator("p")).to_contain_text("its desktop at /desktop/")
        expect(page.locator("p")).to_contain_text(f'c.ServerApp.base_url = "{BASE_URL}"')


def test_a_user_without_a_name_and_with_a_read_only_home_gets_openbox(
    jupyter: Callable[..., JupyterServer],
) -> None:
    """As in containers on platforms with random user ids."""

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


def test_a_user_without_a_name_gets_an_explanation_instead_of_xfce(
    jupyter: Callable[..., JupyterServer],
) -> None:
    user = users.new()
    server = jupyter(start_script="xfce", user=user)
    failed = server.start_desktop(state="failed")
    # No missing package is suggested.
    assert failed["error"]["remedy"] == "The last lines of the log below say why."
    said = "\n".join(failed["log"])
    assert f"requires an account with a name, and UID {user} has none" in said
    assert "Add the account to /etc/passwd, or use a bare window manager" in said
