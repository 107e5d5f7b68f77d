"""Addresses below another prefix than Jupyter's, as from misconfigured proxies."""

from __future__ import annotations

import html

import pytest

from tests.servers import JupyterServer, running

UNKNOWN = ["jupyter/desktop", "jupyter/desktop/", "a/b/desktop/sessions/other/"]


def page(server: JupyterServer, path: str) -> str:
    """Return the 404 page that ``path`` leads to."""
    answer = server.call("GET", path)
    while answer.status == 302:
        answer = server.call("GET", answer.headers["Location"].removeprefix(server.base_url))
    assert answer.status == 404
    return html.unescape(answer.body.decode())


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_prefix_is_answered_with_the_right_address(
    server: JupyterServer, path: str
) -> None:
    prefix = path.partition("desktop")[0]
    said = page(server, path)
    assert "this Jupyter server is at /, and its desktop at /desktop/" in said
    assert f'c.ServerApp.base_url = "/{prefix}"' in said


def test_a_prefix_changed_by_a_proxy_is_explained() -> None:
    """The prefix was removed or decoded."""
    with running(base_url="/a/b%2Bc/") as server:
        for asked in ("/desktop/", "/b%2Bc/desktop/", "/a/b+c/desktop/"):
            answer = server.connection()
            answer.request("GET", asked)
            said = html.unescape(answer.getresponse().read().decode())
            assert f"There is no desktop at {asked}: this Jupyter server is at /a/b%2Bc/" in said
            assert "to pass the path on unchanged" in said
        # A page below the right prefix has no such explanation.
        assert "There is no desktop" not in page(server, "desktop/nothing")


def with_a_folder(server: JupyterServer) -> None:
    (server.root / "desktop").mkdir()
    (server.root / "desktop" / "notes.txt").touch()


def test_existing_paths_with_desktop_in_them_are_served() -> None:
    """A user's folder of that name, and that path below other services."""
    with running(application="lab", prepare=with_a_folder) as server:
        for path in (
            "lab/tree/desktop",
            "api/contents/desktop",
            "files/desktop/notes.txt",
            f"proxy/{server.port}/desktop/api/sessions",
        ):
            assert server.call("GET", path).status == 200, path
