"""Answers to requests that raise an error of Jupyter or Python, as JSON and as a page."""

from __future__ import annotations

import html
import json

import pytest
from jupyter_server.auth import IdentityProvider
from tornado import web
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from jupyter_desktop.web.handler import APIHandler, PageHandler


async def answer(kind: type[web.RequestHandler], error: Exception) -> tuple[int, str]:
    """Return status and body of the answer of a handler that raises ``error``."""

    def get(self: web.RequestHandler) -> None:
        raise error

    listener, port = bind_unused_port()
    without_login = IdentityProvider(token="")
    application = web.Application(
        [("/", type("Fails", (kind,), {"get": get}))],
        allow_unauthenticated_access=True,
        cookie_secret="secret",
        identity_provider=without_login,
    )
    server = HTTPServer(application)
    server.add_sockets([listener])
    try:
        url = f"http://127.0.0.1:{port}/"
        came = await AsyncHTTPClient().fetch(url, raise_error=False)
    finally:
        server.stop()
        await server.close_all_connections()
    return came.code, came.body.decode()


ERRORS = [
    (web.HTTPError(404), 404, "Not Found"),
    (web.HTTPError(400, "100% wrong"), 400, "100% wrong"),
    (web.HTTPError(400, "%s is <b>wrong</b>", "50%"), 400, "50% is <b>wrong</b>"),
    # The text of other exceptions may hold secrets.
    (ValueError("a secret"), 500, "Internal Server Error"),
    (KeyError(), 500, "Internal Server Error"),
]


@pytest.mark.parametrize(("error", "status", "message"), ERRORS)
async def test_the_api_answers_an_error_with_json(
    error: Exception, status: int, message: str
) -> None:
    code, body = await answer(APIHandler, error)
    assert code == status
    assert json.loads(body)["message"] == message
    assert json.loads(body)["reason"] == f"http-{status}"


@pytest.mark.parametrize(("error", "status", "message"), ERRORS)
async def test_a_page_handler_answers_an_error_with_a_page(
    error: Exception, status: int, message: str
) -> None:
    code, body = await answer(PageHandler, error)
    assert code == status
    assert f"<p>{html.escape(message)}</p>" in body
    assert "secret" not in body
