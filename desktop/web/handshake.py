"""The opening handshake of a WebSocket (RFC 6455, section 4.2.1): checked, and rewritten.

Only the headers that the handshake needs are passed on, so that no cookie or token reaches the
bridge, and nothing can be smuggled past the checks.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from ..bridge.messages import PROTOCOLS
from ..errors import BadRequest, Refused

_TICKET = "ticket."


def protocols(ticket: str) -> list[str]:
    """Return the subprotocols by which a page presents ``ticket``.

    A browser's script can set no other header, and a ticket in the URL would appear in logs.
    """
    return [PROTOCOLS[0], f"{_TICKET}{ticket}"]


def ticket(headers: Mapping[str, str]) -> str:
    """Return the ticket of the request; raises ``Refused`` if there is none."""
    for protocol in _offered(headers):
        if protocol.startswith(_TICKET):
            return protocol.removeprefix(_TICKET)
    raise Refused("The request has no ticket.", remedy="Request one: POST …/ticket.")


def request_head(headers: Mapping[str, str]) -> str:
    """Return the request head for the bridge; raises ``BadRequest`` for other requests."""
    if headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in _tokens(
        headers.get("Connection", "").lower()
    ):
        raise BadRequest(
            "This address accepts only WebSocket requests, and this is not one.",
            remedy="If Jupyter is behind a reverse proxy, configure it to pass on the headers "
            "Upgrade and Connection.",
        )
    if headers.get("Sec-WebSocket-Version") != "13":
        raise BadRequest("The WebSocket version must be 13.")
    if not _is_key(headers.get("Sec-WebSocket-Key", "")):
        raise BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
    return _written(headers)


def _written(headers: Mapping[str, str]) -> str:
    offered = _offered(headers)
    chosen = next((protocol for protocol in PROTOCOLS if protocol in offered), None)
    lines = [
        "GET / HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {headers['Sec-WebSocket-Key']}",
        *([f"Sec-WebSocket-Protocol: {chosen}"] if chosen else []),
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _offered(headers: Mapping[str, str]) -> list[str]:
    return _tokens(headers.get("Sec-WebSocket-Protocol", ""))


def _tokens(value: str) -> list[str]:
    return [token.strip() for token in value.split(",")]


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
