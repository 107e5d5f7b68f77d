"""JSON commands over a WebSocket, as in all browsers' remote control."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import websocket

from tests.servers import until

# Seconds for a busy machine, or a browser that was suspended.
_ANSWER_WITHIN = 60  # seconds


class Refused(Exception):
    """A browser's answer to a command that it did not carry out."""


class Channel:
    """Commands ``{id, method, params}`` to a browser, their answers, and its events.

    Chrome DevTools Protocol, WebDriver BiDi and WebKit's inspector protocol share this form.
    ``on_event`` gets method and parameters of each event that arrives before an answer.
    """

    def __init__(self, url: str, on_event: Callable[[str, dict[str, Any]], None]) -> None:
        self._on_event = on_event
        self._sent = 0

        def connected() -> websocket.WebSocket | None:
            try:
                # Browsers refuse connections with an Origin, which come from web pages.
                return websocket.create_connection(
                    url, timeout=_ANSWER_WITHIN, suppress_origin=True
                )
            except (OSError, websocket.WebSocketException):
                return None  # it does not listen yet

        self._socket = until(connected, f"a browser that listens at {url}", _ANSWER_WITHIN)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a command."""
        number = self.send(method, parameters)
        while True:
            message = self.receive()
            if message.get("id") == number:
                return result(message, method)

    def send(self, method: str, parameters: dict[str, Any]) -> int:
        """Send a command; return the number that its answer will have."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        return self._sent

    def receive(self) -> dict[str, Any]:
        """Return the next message, after ``on_event`` if it is an event."""
        message: dict[str, Any] = json.loads(self._socket.recv())
        if "method" in message:
            self._on_event(message["method"], message["params"])
        return message

    def close(self) -> None:
        self._socket.close()


def result(message: dict[str, Any], method: str) -> dict[str, Any]:
    if "error" in message:
        raise Refused(f"{method}: {message}")
    found: dict[str, Any] = message["result"]
    return found
