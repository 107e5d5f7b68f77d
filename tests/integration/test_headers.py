"""What browsers are told to forbid, with every answer of ours, those that refuse included."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.servers import Answer, JupyterServer

ADDRESSES = {
    "page": ("GET", "desktop/", 200),
    "page of another desktop": ("GET", "desktop/sessions/other/", 200),
    "page of no desktop": ("GET", "desktop/sessions/a%20b/", 400),
    "page with an unknown backend": ("GET", "desktop/?backend=%3Cimg%3E", 400),
    "page that is posted to": ("POST", "desktop/", 405),
    "redirect": ("GET", "desktop", 302),
    "script": ("GET", "desktop/static/desktop.js", 200),
    "picture": ("GET", "desktop/static/icon.svg", 200),
    "no file": ("GET", "desktop/static/nothing.js", 404),
    "folder": ("GET", "desktop/static/./", 403),
    "no script of Xpra's": ("GET", "desktop/xpra/index.html", 404),
    "list": ("GET", "desktop/api/sessions", 200),
    "bad request": ("POST", "desktop/api/sessions/%00/restart", 400),
    "unknown desktop": ("GET", "desktop/api/sessions/unknown", 404),
    "wrong method": ("PUT", "desktop/api/sessions", 405),
    "door": ("GET", "desktop/socket/default", 400),
}


def assert_strict(answer: Answer, ancestors: str = "'self'") -> dict[str, str]:
    """Check the headers that all answers have, and return the policy's directives."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    directives = answer.headers["Content-Security-Policy"].split("; ")
    policy = dict(one.split(" ", 1) for one in directives)
    assert len(policy) == len(directives), "of two directives of one name the second is ignored"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == ancestors
    assert "unsafe" not in str(policy)
    return policy


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES.values(), ids=ADDRESSES)
def test_every_answer(server: JupyterServer, method: str, path: str, status: int) -> None:
    answer = server.call(method, path)
    assert answer.status == status
    assert_strict(answer)


@pytest.mark.needs("xpra")
def test_a_script_of_xpra_s(server: JupyterServer) -> None:
    test_every_answer(server, "GET", "desktop/xpra/js/Client.js", 200)


def test_the_page_runs_scripts_of_its_own_only(server: JupyterServer) -> None:
    page = server.call("GET", "desktop/")
    assert assert_strict(page)["script-src"] == "'self'"
    code = re.findall(
        r"<script(?! type=\"application/json\")[^>]*>([^<]*)</script>", page.body.decode()
    )
    assert code == [""]
    assert not re.search(r"<[^>]* (on\w+|style)=", page.body.decode())


def test_error_pages_are_ours(server: JupyterServer) -> None:
    """Jupyter's has an inline script and style."""
    for path in ("desktop/static/nothing.js", "desktop/xpra/index.html"):
        page = server.call("GET", path).body.decode()
        assert "404: Not Found" in page
        assert "<script" not in page
        assert "<style" not in page


@pytest.mark.parametrize("ancestors", ["'none'", "https://hub.example 'self'"])
def test_who_may_frame_us_is_jupyter_s_setting(
    jupyter: Callable[..., JupyterServer], ancestors: str
) -> None:
    policy = f"default-src *; frame-ancestors {ancestors}; report-uri /reports"
    server = jupyter(
        "--ServerApp.tornado_settings=" + str({"headers": {"Content-Security-Policy": policy}})
    )
    for path in ("desktop/", "desktop/api/sessions", "desktop/static/desktop.js"):
        assert_strict(server.call("GET", path), ancestors)


def test_wrong_settings(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter("--DesktopApp.clipboard=<img src=x>")
    answer = server.call("GET", "desktop/")
    assert answer.status == 500
    assert_strict(answer)
    assert "&lt;img src=x&gt;" in answer.body.decode()
    assert "<img" not in answer.body.decode()


@pytest.mark.parametrize(
    "path", ["desktop", "desktop/", "desktop/sessions/a%20b/", "desktop/?backend=no"]
)
def test_no_answer_leaves_the_token_in_the_address(server: JupyterServer, path: str) -> None:
    token = ("&" if "?" in path else "?") + f"token={server.token}"
    answer = server.call("GET", path + token, token=None)
    while answer.status == 302:
        location = answer.headers["Location"]
        cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        headers = {"Cookie": "; ".join(cookies)}
        answer = server.call("GET", location.removeprefix("/"), token=None, headers=headers)
    assert "token" not in location
