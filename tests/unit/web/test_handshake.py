"""WebSocket requests: the headers that they need, and those that the bridge gets."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from jupyter_desktop.errors import BadRequest, Refused
from jupyter_desktop.web import handshake

KEY = base64.b64encode(bytes(16)).decode()
GOOD = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Protocol": "desktop.v1, ticket.abc",
}


def headers(**changed: str | None) -> HTTPHeaders:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return HTTPHeaders({k: v for k, v in {**GOOD, **named}.items() if v is not None})


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},  # Firefox
        {"Connection": "upgrade"},
    ],
)
def test_a_websocket_request_is_rewritten_with_the_known_headers(
    changed: dict[str, str | None],
) -> None:
    assert handshake.request_head(headers(**changed)) == (
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        "Sec-WebSocket-Protocol: desktop.v1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Upgrade": None}, "only WebSocket requests"),
        ({"Upgrade": "h2c"}, "only WebSocket requests"),
        ({"Connection": None}, "only WebSocket requests"),
        ({"Connection": "close"}, "only WebSocket requests"),
        ({"Connection": "notupgrade"}, "only WebSocket requests"),
        ({"Sec_WebSocket_Version": None}, "version must be 13"),
        ({"Sec_WebSocket_Version": "8"}, "version must be 13"),
        ({"Sec_WebSocket_Key": None}, "16 bytes in base64"),
        ({"Sec_WebSocket_Key": "abc"}, "16 bytes in base64"),
        ({"Sec_WebSocket_Key": base64.b64encode(bytes(15)).decode()}, "16 bytes in base64"),
        ({"Sec_WebSocket_Key": "é" * 24}, "16 bytes in base64"),
        ({"Sec_WebSocket_Key": f"{KEY}, {KEY}"}, "16 bytes in base64"),
    ],
)
def test_an_invalid_websocket_request_is_refused(
    changed: dict[str, str | None], message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        handshake.request_head(headers(**changed))


def test_secrets_are_not_passed_on() -> None:
    head = handshake.request_head(headers(Cookie="secret", Authorization="secret", Origin="x"))
    assert "secret" not in head
    assert "ticket" not in head


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_a_key_cannot_add_a_header(key: str) -> None:
    try:
        head = handshake.request_head(headers(Sec_WebSocket_Key=key))
    except BadRequest:
        return
    assert head.count("\r\n") == 7


@pytest.mark.parametrize(
    ("offered", "ticket"),
    [
        ("desktop.v1, ticket.abc", "abc"),
        ("ticket.abc,desktop.v1", "abc"),
        ("desktop.v1, ticket.", ""),
        ("ticket.one, ticket.two", "one"),
    ],
)
def test_the_ticket_is_read_from_the_offered_protocols(offered: str | None, ticket: str) -> None:
    assert handshake.ticket(headers(Sec_WebSocket_Protocol=offered)) == ticket


def test_two_protocol_header_lines_are_read_as_one_list() -> None:
    lines = headers(Sec_WebSocket_Protocol="desktop.v1")
    lines.add("Sec-WebSocket-Protocol", "ticket.abc")
    assert handshake.ticket(lines) == "abc"


@pytest.mark.parametrize("offered", [None, "", "desktop.v1", "my-ticket.abc"])
def test_a_request_without_a_ticket_is_refused(offered: str | None) -> None:
    with pytest.raises(Refused, match="no ticket") as refused:
        handshake.ticket(headers(Sec_WebSocket_Protocol=offered))
    assert refused.value.remedy


def test_the_page_offers_its_ticket_as_a_protocol() -> None:
    assert handshake.protocols("abc") == ["desktop.v1", "ticket.abc"]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("binary", "binary"), ("binary, desktop.v1", "desktop.v1"), ("chat", None), (None, None)],
)
def test_a_known_protocol_is_chosen(offered: str | None, chosen: str | None) -> None:
    head = handshake.request_head(headers(Sec_WebSocket_Protocol=offered))
    assert (f"Sec-WebSocket-Protocol: {chosen}\r\n" in head) == (chosen is not None)
    assert head.count("Sec-WebSocket-Protocol") == (chosen is not None)
