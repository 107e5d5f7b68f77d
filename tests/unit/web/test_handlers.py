"""What is answered where Jupyter or Python refuses a request, as JSON and as a page."""

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


async def answer(kind, error):
    """Return status and body of the answer of a handler that raises ``error``."""

    class Fails(kind):
        def get(self):
            raise error

    listener, port = bind_unused_port()
    everybody = IdentityProvider(token="")
    application = web.Application(
        [("/", Fails)],
        allow_unauthenticated_access=True,
        cookie_secret="secret",
        identity_provider=everybody,
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
    # What other exceptions say may be nobody's business.
    (ValueError("a secret"), 500, "Internal Server Error"),
    (KeyError(), 500, "Internal Server Error"),
]


@pytest.mark.parametrize(("error", "status", "message"), ERRORS)
async def test_as_json(error, status, message):
    code, body = await answer(APIHandler, error)
    assert code == status
    assert json.loads(body)["message"] == message
    assert json.loads(body)["reason"] == f"http-{status}"


@pytest.mark.parametrize(("error", "status", "message"), ERRORS)
async def test_as_a_page(error, status, message):
    code, body = await answer(PageHandler, error)
    assert code == status
    assert f"<p>{html.escape(message)}</p>" in body
    assert "secret" not in body
